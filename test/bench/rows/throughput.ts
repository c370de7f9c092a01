import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alternate } from '../alternate.ts';
import { measuredOf } from '../measured.ts';
import { ourselves, type Peer, placeOf } from '../peer.ts';
import type { Bench, Measured, Row } from '../row.ts';
import { wallTimeMs } from '../wall-time.ts';

const inputBytes = 256 * 2 ** 20;
const repeats = 8;
const totalBytes = inputBytes * repeats;
const runs = 5;
const reference = 'tee a';
const secrets = Object.fromEntries(
  Array.from({ length: 10 }, (_, index) => [`SECRET_${index}`, `correct-horse-${index}-battery-staple`]),
);

/** 2 GB of a job's text through the wrapper and on to a reader, captured, against coreutils' tee doing the same. */
export const rows: readonly Row[] = [
  row('64k', '2 GB in 64 KiB pieces, captured', 65_536, 1.0, {}),
  row('8k', '2 GB in 8 KiB pieces, captured', 8_192, 1.0, {}),
  row('masked', '2 GB in 64 KiB pieces, captured, 10 secrets masked', 65_536, 0.7, secrets),
];

function row(
  name: string,
  title: string,
  pieceBytes: number,
  atLeast: number,
  env: Readonly<Record<string, string>>,
): Row {
  const measure = (bench: Bench) => measureRow(bench, pieceBytes, env);
  return { name: `throughput-${name}`, title, unit: 'MB/s', target: { kind: 'ratio', atLeast }, measure };
}

async function measureRow(
  bench: Bench,
  pieceBytes: number,
  env: Readonly<Record<string, string>>,
): Promise<Measured> {
  const directory = bench.directory();
  const input = join(directory, 'input');
  const lines = text();
  writeFileSync(input, lines);
  const captured = totalBytes - (Object.keys(env).length === 0 ? 0 : repeats * maskedBytes(lines));
  const job = join(directory, 'job');
  writeFileSync(
    job,
    `for i in ${Array.from({ length: repeats }, (_, index) => index).join(' ')}; do
       dd if='${input}' bs=${pieceBytes} status=none || exit
     done`,
  );
  const wrapped = (peer: Peer, bytes: number) => () => {
    const { root, args } = placeOf(peer, bench.directory(), ['sh', job]);
    const speed = speedOf(args.map((arg) => `'${arg}'`).join(' '), env);
    if (root !== null) clear(join(root, 'ctr/main/stdout'), bytes);
    return speed;
  };
  // What a peer does with secrets is its own affair.
  const peers = Object.keys(env).length === 0 ? bench.peers : [];
  const samples = await alternate(bench.times(runs), {
    ours: wrapped(ourselves(bench.program), captured),
    [reference]: () => {
      const copy = join(directory, 'copy');
      const speed = speedOf(`sh '${job}' | tee '${copy}'`, env);
      clear(copy, totalBytes);
      return speed;
    },
    ...Object.fromEntries(peers.map((peer) => [peer.name, wrapped(peer, totalBytes)])),
  });
  rmSync(directory, { recursive: true });
  return measuredOf(samples);
}

/** MB/s of a shell's command into `cat`. */
function speedOf(command: string, env: Readonly<Record<string, string>>): number {
  return (
    totalBytes /
    1e6 /
    (wallTimeMs(['bash', '-o', 'pipefail', '-c', `${command} | cat >/dev/null`], env) / 1000)
  );
}

/** A speed at which bytes were lost is none. */
function clear(copy: string, bytes: number): void {
  const { size } = statSync(copy);
  if (size !== bytes) throw new Error(`${copy} has ${size} of ${bytes} bytes`);
  rmSync(copy);
}

/** How much shorter the text becomes when each secret in it is `***`. */
function maskedBytes(lines: Buffer): number {
  return Object.values(secrets).reduce((sum, secret) => {
    let count = 0;
    for (let at = lines.indexOf(secret); at !== -1; at = lines.indexOf(secret, at + 1)) count += 1;
    return sum + count * (secret.length - '***'.length);
  }, 0);
}

/** Lines like a log's, with a few secrets in each MiB or so. */
function text(): Buffer {
  const lines = Array.from({ length: 12_000 }, (_, index) => {
    const arg = index % 12_000 === 7 ? secrets[`SECRET_${index % 10}`] : (index * 2_654_435_761).toString(36);
    return `2026-01-31T22:00:00.000Z level=info request=${index} session=${arg} status=200 duration=${index % 977}ms\n`;
  });
  const block = Buffer.from(lines.join(''));
  return Buffer.alloc(inputBytes, block);
}
