import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { kill } from 'node:process';
import { Fault, messageOf } from '../../base/fault.ts';
import { publish } from '../../contract/publish.ts';
import { isTerminal } from '../../kernel/is-terminal.ts';
import {
  type ContainerEnd,
  type ContainerState,
  type Engine,
  type EngineJob,
  type EngineSetup,
  secretsPath,
} from '../engine.ts';
import { findProcess, isRunning, killSession, type OwnProcess } from './own-process.ts';

/** Runs the job as a process of this machine, under the emissary. Its session is its own: Ctrl-C is the launcher's. */
export class NativeEngine implements Engine {
  readonly openSender = null;
  readonly makesVolume = false;
  readonly #setup: EngineSetup;
  /** The end of the process that was started here; null: an earlier launcher has started it. */
  #end: Promise<ContainerEnd> | null = null;

  constructor(setup: EngineSetup) {
    this.#setup = setup;
  }

  async imageCommand(): Promise<readonly string[]> {
    throw new Fault('usage', 'launch: the native engine needs a command; put it behind --');
  }

  async create(): Promise<void> {
    // A process needs no more than its start.
  }

  async start(job: EngineJob): Promise<void> {
    const child = startRun(this.#setup, job);
    this.#end = endOf(child);
    try {
      await once(child, 'spawn');
    } catch (cause) {
      throw new Fault('engine', `Cannot start the emissary: ${messageOf(cause)}`, { cause });
    }
    const started = findProcess(child.pid ?? 0);
    if (started !== null) publish(pidFile(job), `${started.pid} ${started.startTime}\n`, 0o600);
  }

  async look(job: EngineJob): Promise<ContainerState> {
    const started = processOf(job);
    if (started === null) return { kind: 'absent' };
    return isRunning(started) ? { kind: 'running' } : { kind: 'ended', exitCode: null, reason: null };
  }

  async ended(_job: EngineJob, signal: AbortSignal): Promise<ContainerEnd> {
    // Of a process that is not our child, its volume tells the end.
    return (
      this.#end ?? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    );
  }

  async kill(job: EngineJob): Promise<void> {
    const started = processOf(job);
    if (started === null || !isRunning(started)) return;
    try {
      kill(started.pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }

  /** A wrapper that was killed has left its job behind. */
  async remove(job: EngineJob): Promise<void> {
    const started = processOf(job);
    if (started !== null) killSession(started);
  }

  async messages(job: EngineJob): Promise<string> {
    return readOrEmpty(messagesFile(job));
  }

  async leftovers(): Promise<readonly []> {
    return [];
  }

  async removeFiles(directory: string): Promise<void> {
    throw new Fault('engine', `${directory}: some files are immutable or belong to other users`);
  }
}

function startRun({ podProgram, nativeEnvironment }: EngineSetup, job: EngineJob): ChildProcess {
  const { places, environment, command } = job;
  const own = Object.entries(environment).map(([name, value]) => [
    name,
    value.replace(secretsPath, places.secrets),
  ]);
  // A file, not a pipe: the wrapper may live longer than we.
  const messages = openSync(messagesFile(job), 'a', 0o600);
  try {
    return spawn(
      podProgram,
      ['run', '--root', places.volume, '--name', 'main', '--capture-only', '--', ...command],
      {
        env: {
          // The launcher's own container, if it is in one, goes on: its termination log is not the job's.
          EMISSARY_TERMINATION_LOG: '',
          ...nativeEnvironment,
          // What it says becomes a part of our own messages.
          EMISSARY_LOG_FORMAT: 'text',
          ...Object.fromEntries(own),
        },
        // A job with the terminal at its input would get a terminal of its own, and every key.
        stdio: [isTerminal(0) ? 'ignore' : 'inherit', 'ignore', messages],
        detached: true,
      },
    );
  } finally {
    closeSync(messages);
  }
}

async function endOf(child: ChildProcess): Promise<ContainerEnd> {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0)));
  child.once('error', () => resolve(null));
  return { kind: 'ended', exitCode: await promise, reason: null };
}

function pidFile({ places }: EngineJob): string {
  return join(places.own, 'pid');
}

function messagesFile({ places }: EngineJob): string {
  return join(places.own, 'messages');
}

function processOf(job: EngineJob): OwnProcess | null {
  const [pid = '', startTime = ''] = readOrEmpty(pidFile(job)).trim().split(' ');
  return pid === '' ? null : { pid: Number(pid), startTime };
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
