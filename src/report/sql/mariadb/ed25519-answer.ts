import { createHash } from 'node:crypto';

/**
 * The answer to MariaDB's `client_ed25519`: a signature of the server's nonce with the password as the key. Node's own
 * Ed25519 accepts keys of 32 bytes only, while the password has any length. The rest is RFC 8032, 5.1.6.
 */
export function ed25519Answer(password: string, nonce: Buffer): Buffer {
  const expanded = sha512(Buffer.from(password));
  const scalar = clamped(expanded.subarray(0, 32));
  const publicKey = encode(multiply(base, scalar));
  const random = numberOf(sha512(expanded.subarray(32), nonce)) % order;
  const commitment = encode(multiply(base, random));
  const challenge = numberOf(sha512(commitment, publicKey, nonce)) % order;
  return Buffer.concat([commitment, bytesOf((random + challenge * scalar) % order)]);
}

/** The field, the curve's constant, and the order of its base point (RFC 8032, 5.1). */
const prime = 2n ** 255n - 19n;
const order = 2n ** 252n + 27742317777372353535851937790883648493n;
const curve = mod(-121665n * inverse(121666n));
const base = pointOf(
  15112221349535400772501151409588531511454012693041857206046113283949847762202n,
  46316835694926478169428394003475163141307993866256225615783033603165251855960n,
);

/** In extended coordinates: x = X/Z, y = Y/Z, T = XY/Z. */
type Point = readonly [x: bigint, y: bigint, z: bigint, t: bigint];

function pointOf(x: bigint, y: bigint): Point {
  return [x, y, 1n, mod(x * y)];
}

/** RFC 8032, 5.1.4: complete, so that it doubles as well. */
function add([x1, y1, z1, t1]: Point, [x2, y2, z2, t2]: Point): Point {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * curve * t1 * t2);
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

/** Takes the same number of steps for every scalar, so that the time does not reveal the password. */
function multiply(point: Point, scalar: bigint): Point {
  let [low, high]: [Point, Point] = [[0n, 1n, 1n, 0n], point];
  for (let bit = 255n; bit >= 0n; bit -= 1n) {
    const sum = add(low, high);
    if ((scalar >> bit) & 1n) [low, high] = [sum, add(high, high)];
    else [low, high] = [add(low, low), sum];
  }
  return low;
}

function encode([x, y, z]: Point): Buffer {
  const inverted = inverse(z);
  return bytesOf(mod(y * inverted) | ((mod(x * inverted) & 1n) << 255n));
}

function clamped(bytes: Buffer): bigint {
  return (numberOf(bytes) & ~7n & (2n ** 254n - 1n)) | (2n ** 254n);
}

function mod(value: bigint): bigint {
  const rest = value % prime;
  return rest < 0n ? rest + prime : rest;
}

/** Fermat: a to the power of p - 2. */
function inverse(value: bigint): bigint {
  let result = 1n;
  let power = mod(value);
  for (let exponent = prime - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = mod(result * power);
    power = mod(power * power);
  }
  return result;
}

function sha512(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Little-endian, both ways. */
function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function bytesOf(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}
