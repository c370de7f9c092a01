import { messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import type { Volume } from '../contract/volume.ts';
import { watchDirectory } from '../contract/watch.ts';
import type { ContainerState } from '../observe/container-state.ts';
import { attemptsOf } from '../observe/read-template.ts';
import { FollowedContainer } from './followed-container.ts';

/** The files of a container that tell something of its job. */
const watched = [
  ...['alive', 'started', 'ended', 'saving', 'result.json', 'exitcode'],
  ...['timeline', 'stdout', 'stderr'],
];

/**
 * Follows the job's main containers by what their wrappers leave on the volume. `onChange` is called with the name of
 * the file that something happened to, or null; `look` then tells what it means.
 */
export class JobWatch {
  readonly #volume: Volume;
  readonly #onChange: (file: string | null) => void;
  readonly #followed: ReadonlyMap<string, FollowedContainer>;
  readonly #ending = new AbortController();
  /** How often each job is started at the most. */
  #attempts = 1;
  /** Containers that something has happened to since the last look. */
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

  /** Makes the containers' directories, so that there is something to watch, and watches them. Look afterwards. */
  async start(): Promise<void> {
    this.#attempts = await attemptsOf(this.#volume);
    for (const name of this.#followed.keys()) {
      try {
        this.#watch(name);
      } catch (error) {
        // Something is in the way, or there is no room: a look tells what that means, and goes on without events.
        log(`Cannot watch container ${name}: ${messageOf(error)}`);
        this.#unwatched.add(name);
      }
    }
    this.#timers.push(setInterval(() => this.#lookAgain(), limits.lookAgainMs));
    if (this.#unwatched.size === 0) return;
    this.#timers.push(setInterval(() => this.#noticeAll(this.#unwatched), limits.watchPollMs));
  }

  /** The state of every container now. */
  look(): Promise<ReadonlyMap<string, ContainerState>> {
    return this.#lookAt([...this.#followed.keys()]);
  }

  /** The same, after a look at those alone that something has happened to: there may be hundreds. */
  lookAtChanged(): Promise<ReadonlyMap<string, ContainerState>> {
    return this.#lookAt([...this.#changed]);
  }

  /** Gives a container up that has not ended although it was asked to. */
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
        // It may have been given up meanwhile, or found to have ended by another look.
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

  /** Whatever was missed, and what could not be watched before. */
  #lookAgain(): void {
    for (const name of this.#unwatched) {
      try {
        this.#watch(name);
        this.#unwatched.delete(name);
      } catch {
        // It was said at the start.
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

/** Whether nothing more will come of a container. */
export function hasEnded(state: ContainerState | undefined): boolean {
  return state?.kind === 'sealed' || state?.kind === 'lost';
}
