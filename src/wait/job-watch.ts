import { messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { goneName } from '../contract/mirror/mirror-marker.ts';
import type { Volume } from '../contract/volume.ts';
import { watchDirectory } from '../contract/watch-directory.ts';
import type { ContainerState } from '../observe/container-state.ts';
import { attemptsOf } from '../observe/read-template.ts';
import { FollowedContainer } from './followed-container.ts';

/** The files of a container that show the state of its job. */
const watched = [
  ...['alive', 'started', 'ended', 'saving', 'result.json', 'exitcode'],
  ...['timeline', 'stdout', 'stderr', goneName],
];

/**
 * Follows the job's main containers by the files that their wrappers leave on the volume. `onChange` is called with the
 * name of the file that changed, or null; `look` then returns the new states.
 */
export class JobWatch {
  readonly #volume: Volume;
  readonly #onChange: (file: string | null) => void;
  readonly #followed: ReadonlyMap<string, FollowedContainer>;
  readonly #ending = new AbortController();
  /** How often each job is started at most. */
  #attempts = 1;
  /** Containers that changed since their state was last read. */
  readonly #changed = new Set<string>();
  /** Containers whose directory could not be watched. */
  readonly #unwatched = new Set<string>();
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(volume: Volume, names: readonly string[], onChange: (file: string | null) => void) {
    this.#volume = volume;
    this.#onChange = onChange;
    this.#followed = new Map(
      names.map((name) => [name, new FollowedContainer(volume, name, () => this.#notice(name, null))]),
    );
  }

  /** Creates the containers' directories, so that there is something to watch, and watches them. Call `look` afterwards. */
  async start(): Promise<void> {
    this.#attempts = await attemptsOf(this.#volume);
    for (const name of this.#followed.keys()) {
      try {
        this.#watch(name);
      } catch (error) {
        // Something is in the way, or there is no space: `look` still works, without events.
        log(`Cannot watch container ${name}: ${messageOf(error)}`);
        this.#unwatched.add(name);
      }
    }
    this.#timers.push(setInterval(() => this.#lookAgain(), limits.recheckMs));
    if (this.#unwatched.size === 0) return;
    this.#timers.push(setInterval(() => this.#noticeAll(this.#unwatched), limits.watchPollMs));
  }

  /** The state of every container now. */
  look(): Promise<ReadonlyMap<string, ContainerState>> {
    return this.#lookAt([...this.#followed.keys()]);
  }

  /** The same, reading only the containers that changed: there may be hundreds. */
  lookAtChanged(): Promise<ReadonlyMap<string, ContainerState>> {
    return this.#lookAt([...this.#changed]);
  }

  /** Gives up a container that has not exited although it was stopped. */
  abandon(name: string, reason: string): void {
    const followed = this.#followed.get(name);
    if (followed === undefined || hasEnded(followed.state)) return;
    const started = followed.state.kind === 'waiting' ? null : followed.state.started;
    const ended = followed.state.kind === 'saving' ? followed.state.ended : null;
    const mayLive = followed.state.kind !== 'waiting';
    followed.state = { kind: 'lost', started, ended, reason, ...(mayLive && { givenUp: true }) };
  }

  close(): void {
    this.#ending.abort();
    for (const timer of this.#timers) clearInterval(timer);
    for (const followed of this.#followed.values()) followed.close();
  }

  async #lookAt(names: readonly string[]): Promise<ReadonlyMap<string, ContainerState>> {
    for (const name of names) {
      this.#changed.delete(name);
      const followed = this.#followed.get(name);
      if (followed === undefined) continue;
      if (!hasEnded(followed.state)) {
        const found = await followed.look(this.#attempts);
        // It may have been given up meanwhile, or another call may have found that it has exited.
        if (!hasEnded(followed.state)) followed.state = found;
      }
      if (hasEnded(followed.state)) followed.close();
    }
    return new Map([...this.#followed].map(([name, { state }]) => [name, state]));
  }

  #notice(name: string, file: string | null): void {
    this.#changed.add(name);
    this.#onChange(file);
  }

  #noticeAll(names: Iterable<string>): void {
    for (const name of names) this.#changed.add(name);
    this.#onChange(null);
  }

  /** Catches missed events, and retries directories that could not be watched. */
  #lookAgain(): void {
    for (const name of this.#unwatched) {
      try {
        this.#watch(name);
        this.#unwatched.delete(name);
      } catch {
        // It was logged at the start.
      }
    }
    this.#noticeAll(this.#followed.keys());
  }

  #watch(name: string): void {
    this.#volume.makeDirectory('ctr', 0o777);
    this.#volume.makeDirectory(`ctr/${name}`, 0o777);
    const onChange = (file: string | null) => this.#notice(name, file);
    const watcher = { names: watched, onChange, signal: this.#ending.signal };
    watchDirectory(`${this.#volume.root}/ctr/${name}`, watcher);
  }
}

/** Whether a container's state is final. */
export function hasEnded(state: ContainerState | undefined): boolean {
  return state?.kind === 'sealed' || state?.kind === 'lost';
}
