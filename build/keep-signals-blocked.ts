import type { Architecture } from './architecture.ts';

/**
 * `sigaddset(&mask, SIGUSR1); pthread_sigmask(SIG_SETMASK, …)`: the calls, and the number between them, as they stand in
 * the runtime's machine code. `?` is any byte; `how` is where the number SIG_SETMASK (2) stands.
 */
const codes: Readonly<
  Record<Architecture, { readonly pattern: string; readonly how: number; readonly block: number }>
> = {
  // mov $10,%esi · call sigaddset · mov $2,%edi
  x64: { pattern: 'be 0a 00 00 00 e8 ? ? ? ? bf 02 00 00 00', how: 11, block: 0 },
  // mov w1, #10 · bl sigaddset · add x1, sp, #40 · mov w0, #2 · mov x2, xzr
  arm64: { pattern: '41 01 80 52 ? ? ? 97 e1 a3 00 91 40 00 80 52 e2 03 1f aa', how: 12, block: 0 },
};

/**
 * Makes the runtime's start add SIGUSR1 to the signals that are blocked, instead of unblocking all others.
 *
 * The launcher blocks every signal, so that one that comes while the runtime starts waits for the program's handlers.
 * The runtime's start (`PlatformInit` in Node's src/node.cc) sets the mask to SIGUSR1 alone, and has no option against
 * it: a TERM in those 20 ms would kill the wrapper, or, when it is PID 1, be lost. One byte turns SIG_SETMASK into
 * SIG_BLOCK there. Decision 30 tells more; a test sends the signals.
 *
 * @throws Error when the code is not found exactly once: then the runtime is a new one, and has to be looked at
 */
export function keepSignalsBlocked(runtime: Buffer, architecture: Architecture): void {
  const { pattern, how, block } = codes[architecture];
  const [at, ...more] = placesOf(pattern, runtime);
  if (at === undefined || more.length > 0) {
    throw new Error(
      `The runtime for ${architecture} does not set its signal mask in exactly one place as expected.`,
    );
  }
  runtime[at + how] = block;
}

function placesOf(pattern: string, bytes: Buffer): readonly number[] {
  const codes = pattern.split(' ').map((code) => (code === '?' ? null : Number.parseInt(code, 16)));
  const fixed = Buffer.from(codes.slice(0, codes.indexOf(null)).map((code) => code ?? 0));
  const places: number[] = [];
  for (let at = bytes.indexOf(fixed); at !== -1; at = bytes.indexOf(fixed, at + 1)) {
    if (codes.every((code, offset) => code === null || bytes[at + offset] === code)) places.push(at);
  }
  return places;
}
