import { spawnSync } from 'node:child_process';

/** The wall time of a command that must end with 0, in ms. The time of starting a process from here is part of it. */
export function wallTimeMs(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  limitMs = 600_000,
): number {
  const [file = '', ...rest] = args;
  const start = process.hrtime.bigint();
  const { status, signal, stderr } = spawnSync(file, rest, {
    stdio: ['ignore', 'ignore', 'pipe'],
    // What hangs must not hold the whole run.
    timeout: limitMs,
    killSignal: 'SIGKILL',
    env: { PATH: process.env['PATH'], ...env },
  });
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status ?? signal}: ${stderr}`);
  return ms;
}
