import type { Readable } from 'node:stream';
import { limits } from '../../base/limits.ts';
import { marks } from '../../contract/mirror/line-encoding.ts';
import type { ContainerState } from '../engine.ts';
import { type SenderConnection, SenderForbidden, VolumeGone } from '../mirror/follow-sender.ts';
import type { ContainerGroups } from './api/container-groups.ts';
import { NoTerminal } from './api/exec-stream.ts';
import { isTemporary, ManagerError, reasonOfManager, statusOf } from './api/manager-error.ts';
import { containers, isUnreachable, stateOf } from './group.ts';
import { reporterProgram } from './group-request.ts';
import { readSurely } from './group-states.ts';

/**
 * Starts senders of a job's volume in its group's reporter, in a terminal. The service may start none, or one that says nothing:
 * while the job runs, that is waited for; when it has ended, only within a bound.
 */
export class SenderSource {
  readonly #groups: ContainerGroups;
  readonly #warn: (sentence: string) => void;
  /** Programs in a row that Azure has not started, or that have said nothing. */
  #silent = 0;
  /** Whether it has ever started one. */
  #hasStarted = false;
  /** Since when it refuses the right to, and has never started one. */
  #forbiddenSince: number | null = null;

  constructor(groups: ContainerGroups, warn: (sentence: string) => void) {
    this.#groups = groups;
    this.#warn = warn;
  }

  /** @throws VolumeGone, SenderForbidden; any other error is temporary */
  async open(name: string): Promise<SenderConnection> {
    if (this.#silent >= limits.azureSilentSenders) await this.#requireRunning(name);
    try {
      const { input, output, close } = await this.#groups.exec(
        name,
        containers.reporter,
        reporterProgram,
        soon(),
      );
      this.#hasStarted = true;
      this.#silent += 1;
      this.#hear(input);
      const failed = new Promise<string>(() => undefined);
      return { input, output, encoding: 'text', failed, close: async () => close() };
    } catch (error) {
      if (statusOf(error) === 403 && this.#isForbidden()) throw new SenderForbidden(reasonOfManager(error));
      if (await this.#isLost(name)) throw new VolumeGone();
      this.#silent = isAnswer(error) ? this.#silent + 1 : 0;
      throw error;
    }
  }

  /** A right that was just given is not known to all servers at once; one that was there before may come back. */
  #isForbidden(): boolean {
    this.#forbiddenSince ??= performance.now();
    return !this.#hasStarted && performance.now() - this.#forbiddenSince >= limits.azureMissingMs;
  }

  /** What is no line of a sender comes from whoever could not start it. */
  #hear(input: Readable): void {
    const sent = new RegExp(`(?:^|\\n)${marks.sender}`);
    const listen = (piece: Buffer) => {
      if (!sent.test(piece.toString('latin1'))) return;
      this.#silent = 0;
      input.off('data', listen);
    };
    input.on('data', listen);
  }

  /** @throws VolumeGone if the job has ended: nobody will ever get its results */
  async #requireRunning(name: string): Promise<void> {
    let state: ContainerState;
    try {
      state = stateOf(await readSurely(this.#groups, name, soon()));
    } catch {
      // Nobody knows whether it runs.
      this.#silent = 0;
      return;
    }
    if (state.kind === 'running' || state.kind === 'created') {
      this.#silent = 0;
      return;
    }
    const code =
      state.kind === 'ended' && state.exitCode !== null ? `; its exit code was ${state.exitCode}` : '';
    this.#warn(
      `The results of the job cannot be taken: Azure ran no program in its reporter ${this.#silent} times; ` +
        `what had arrived before is saved${code}`,
    );
    throw new VolumeGone();
  }

  /** Whether no sender can ever be started again. */
  async #isLost(name: string): Promise<boolean> {
    try {
      return isUnreachable(await readSurely(this.#groups, name, soon()));
    } catch {
      return false;
    }
  }
}

/**
 * Whether Azure itself could not start a program, or not lead to it. While it does not answer, or a right is missing that was
 * there before, nobody knows: the reporter holds the results meanwhile, and ends by itself.
 */
function isAnswer(error: unknown): boolean {
  if (error instanceof NoTerminal) return true;
  return error instanceof ManagerError && ![401, 403].includes(error.status) && !isTemporary(error);
}

/** Ends requests that are throttled again and again: the next sender tries it anew. */
function soon(): AbortSignal {
  return AbortSignal.timeout(limits.azureAnswerMs);
}
