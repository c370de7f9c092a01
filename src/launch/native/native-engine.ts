import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { kill } from 'node:process';
import { execa } from 'execa';
import { Fault } from '../../base/fault.ts';
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

/** Runs the job as a process of this machine, under the emissary. Its session is its own: Ctrl-C is the launcher's. */
export class NativeEngine implements Engine {
  readonly #setup: EngineSetup;
  #process: ReturnType<typeof startRun> | null = null;

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
    const started = startRun(this.#setup, job);
    this.#process = started;
    // Its failure is awaited by `ended`.
    started.catch(() => undefined);
    if (started.pid === undefined) {
      const { shortMessage } = await started;
      throw new Fault('engine', `Cannot start the emissary: ${shortMessage ?? 'no process'}`);
    }
    publish(pidFile(job), `${started.pid} ${startTime(started.pid) ?? ''}\n`, 0o600);
  }

  async look(job: EngineJob): Promise<ContainerState> {
    const [pid = '', time = ''] = readOrEmpty(pidFile(job)).trim().split(' ');
    if (pid === '') return { kind: 'absent' };
    const isRunning = startTime(Number(pid)) === time;
    return isRunning ? { kind: 'running' } : { kind: 'ended', exitCode: null, reason: null };
  }

  async ended(_job: EngineJob, signal: AbortSignal): Promise<ContainerEnd> {
    // Of a process that is not our child, its volume tells the end.
    if (this.#process === null) return new Promise((_, reject) => onAbort(signal, reject));
    const ended = await this.#process;
    const exitCode = ended.exitCode ?? 128 + (constants.signals[ended.signal ?? 'SIGKILL'] ?? 0);
    return { kind: 'ended', exitCode, reason: null };
  }

  async kill(job: EngineJob): Promise<void> {
    if ((await this.look(job)).kind !== 'running') return;
    try {
      kill(Number(readOrEmpty(pidFile(job)).split(' ')[0]), 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }

  async remove(): Promise<void> {
    // Its files are on the volume.
  }

  async messages(): Promise<string> {
    if (this.#process === null) return '';
    return (await this.#process).stderr;
  }

  async leftovers(): Promise<readonly []> {
    return [];
  }

  async removeFiles(directory: string): Promise<void> {
    throw new Fault('engine', `${directory}: some files belong to other users`);
  }
}

function startRun({ podProgram, nativeEnvironment }: EngineSetup, job: EngineJob) {
  const { places, environment, command } = job;
  const own = Object.entries(environment).map(([name, value]) => [
    name,
    value.replace(secretsPath, places.secrets),
  ]);
  return execa(
    podProgram,
    ['run', '--root', places.volume, '--name', 'main', '--capture-only', '--', ...command],
    {
      env: { ...nativeEnvironment, ...Object.fromEntries(own) },
      extendEnv: false,
      // A job with the terminal at its input would get a terminal of its own, and every key.
      stdin: isTerminal(0) ? 'ignore' : 'inherit',
      stdout: 'ignore',
      detached: true,
      cleanup: false,
      reject: false,
      maxBuffer: 64 * 1024,
    },
  );
}

function pidFile({ places }: EngineJob): string {
  return join(places.own, 'pid');
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** When a process was started, in ticks since the machine's start (proc(5)); null if there is none. */
function startTime(pid: number): string | null {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? null : (fields[19] ?? null);
}

function onAbort(signal: AbortSignal, then: (reason: unknown) => void): void {
  if (signal.aborted) then(signal.reason);
  else signal.addEventListener('abort', () => then(signal.reason), { once: true });
}
