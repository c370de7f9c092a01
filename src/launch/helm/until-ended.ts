import type { ChildProcess } from 'node:child_process';
import { errnoOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { after, type Timer } from '../../base/timer.ts';

/**
 * Resolves when a program has ended; aborted, it gets TERM, and KILL later.
 *
 * @returns an exit code, a signal, or the errno for which it could not be started
 */
export async function untilEnded(child: ChildProcess, signal: AbortSignal): Promise<number | string> {
  const kills: Timer[] = [];
  const stop = () => {
    child.kill('SIGTERM');
    kills.push(after(limits.helmStopMs, () => child.kill('SIGKILL')));
  };
  signal.addEventListener('abort', stop, { once: true });
  const code = await new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(errnoOf(error) ?? 'an error'));
    child.once('exit', (status, name) => resolve(status ?? name ?? 'an error'));
  });
  signal.removeEventListener('abort', stop);
  for (const kill of kills) kill.cancel();
  return code;
}
