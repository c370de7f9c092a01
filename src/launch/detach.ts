import { once } from 'node:events';
import { createWriteStream, rmSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { Fault, faultStatus } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { readRegular } from '../base/read-regular.ts';
import { watchDirectory } from '../contract/watch-directory.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { readRecord } from './state/launch-record.ts';
import { StateDirectory } from './state/state-directory.ts';

/**
 * Starts a launcher in the background that does everything, and returns when the job's start was requested.
 *
 * @param args of this launcher
 * @param of the job's key, and where it will be
 * @returns 0; the status of the launcher in the background if it failed
 */
export async function detach(
  invocation: Invocation,
  args: readonly Buffer[],
  of: { readonly state: string; readonly key: string },
): Promise<number> {
  const state = new StateDirectory(of.state);
  const directory = state.job(of.key);
  const messages = state.messagesOf(of.key);
  const output = createWriteStream(messages, { mode: 0o600 });
  await once(output, 'open');
  const before = { here: readRecord(directory.recordFile), end: state.endOf(of.key)?.createdAt };
  const child = startLauncher(invocation, args, of.key, output);
  const watching = new AbortController();
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const look = () => {
    const record = readRecord(directory.recordFile);
    // A job that somebody else launches, and one that was kept, are not the new launcher's.
    if (record === null || directory.launcher !== child.pid) return;
    if (
      record.stage === 'starting' ||
      (record.stage === 'ended' && record.createdAt !== before.here?.createdAt)
    )
      resolve(null);
  };
  watchDirectory(join(state.path, 'jobs'), { names: [of.key], onChange: look, signal: watching.signal });
  const timer = setInterval(look, limits.launcherLookMs / 10);
  void child.then(({ exitCode }) => resolve(exitCode ?? faultStatus.engine));
  const failed = await promise;
  clearInterval(timer);
  watching.abort();
  // The record of an earlier job of this ID is not its end, unless the launcher has only finished that job.
  const end = state.endOf(of.key)?.createdAt;
  const finishes = before.here?.stage === 'ended' && !before.here.kept;
  if (failed !== null && end === before.end && !finishes) {
    const said = readRegular(messages, limits.variablesFileBytes).toString();
    rmSync(messages);
    throw new Fault('engine', said.replace(/^emissary: /, '').trim() || 'The launcher has failed');
  }
  // Warnings from before the start.
  for (const line of readRegular(messages, limits.variablesFileBytes).toString().split('\n'))
    if (line.startsWith('emissary: ')) log(line.slice('emissary: '.length));
  invocation.print(`${of.key}\n`);
  return 0;
}

function startLauncher(
  { program, environment }: Invocation,
  args: readonly Buffer[],
  key: string,
  output: WriteStream,
) {
  return execa(program, ['launch', ...withoutDetach(args)], {
    env: { ...Object.fromEntries(environment.all()), EMISSARY_LAUNCH_KEY: key, EMISSARY_LOG_FORMAT: 'text' },
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: output,
  });
}

function withoutDetach(args: readonly Buffer[]): readonly string[] {
  const end = args.findIndex((arg) => arg.toString() === '--');
  return args
    .map((arg, index) => ({ text: arg.toString(), isOwn: end === -1 || index < end }))
    .filter(({ text, isOwn }) => !(isOwn && text === '--detach'))
    .map(({ text }) => text);
}
