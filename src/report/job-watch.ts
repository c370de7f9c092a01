import { sentenceOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { say } from '../base/log.ts';
import { after, type Timer } from '../base/timer.ts';
import { type Life, Lifeline } from '../contract/lifeline.ts';
import type { Volume } from '../contract/volume.ts';
import { watchDirectory } from '../contract/watch.ts';
import {
  type ContainerState,
  lostState,
  mayBeRetried,
  readEnded,
  readSeal,
  readStarted,
  type Seal,
} from './container-state.ts';
import { Knock, leftTraces } from './knock.ts';
import { readSealed } from './read-sealed.ts';
import { attemptsOf } from './read-template.ts';

/** What is followed of one container. */
interface Followed {
  readonly lifeline: Lifeline;
  readonly knock: Knock;
  state: ContainerState;
  /** When garbage was first found in the place of a seal, of a clock that only goes forward; null before. */
  garbageAt: number | null;
  /** The same of a seal beside a wrapper that lives. */
  besideAt: number | null;
  /** The same of a seal that cannot be read. */
  unreadableAt: number | null;
  /** The next look at it. */
  retry: Timer | null;
}

/**
 * Follows the job's main containers by what their wrappers leave on the volume. `onChange` is called with the name of
 * the file that something happened to, or null; `look` then tells what it means.
 */
export class JobWatch {
  readonly #volume: Volume;
  readonly #onChange: (file: string | null) => void;
  readonly #followed: ReadonlyMap<string, Followed>;
  readonly #ending = new AbortController();
  /** How often each job is started at the most. */
  #attempts = 1;
  #again: NodeJS.Timeout | null = null;

  constructor(volume: Volume, names: readonly string[], onChange: (file: string | null) => void) {
    this.#volume = volume;
    this.#onChange = onChange;
    this.#followed = new Map(
      names.map((name) => [
        name,
        {
          lifeline: new Lifeline(volume, name, () => onChange(null)),
          knock: new Knock(volume, name),
          state: { kind: 'waiting' },
          garbageAt: null,
          besideAt: null,
          unreadableAt: null,
          retry: null,
        },
      ]),
    );
  }

  /** Makes the containers' directories, so that there is something to watch, and watches them. Look afterwards. */
  async start(): Promise<void> {
    this.#attempts = await attemptsOf(this.#volume);
    let lookMs: number = limits.lookAgainMs;
    for (const name of this.#followed.keys()) {
      try {
        await this.#watch(name);
      } catch (error) {
        // Something is in the way, or there is no room: a look tells what that means, and goes on without events.
        say(`Cannot watch container ${name}: ${sentenceOf(error)}`);
        lookMs = limits.watchPollMs;
      }
    }
    this.#again = setInterval(() => this.#onChange(null), lookMs);
  }

  /** The state of every container now. */
  async look(): Promise<ReadonlyMap<string, ContainerState>> {
    for (const [name, followed] of this.#followed) {
      if (!hasEnded(followed.state)) {
        const found = await this.#stateOf(name, followed);
        // It may have been given up meanwhile, or found to have ended by another look.
        if (!hasEnded(followed.state)) followed.state = found;
      }
      if (hasEnded(followed.state)) followed.lifeline.close();
    }
    return new Map([...this.#followed].map(([name, { state }]) => [name, state]));
  }

  /** Gives a container up that has not ended although it was asked to. */
  abandon(name: string, reason: string): void {
    const followed = this.#followed.get(name);
    if (followed === undefined || hasEnded(followed.state)) return;
    const started = followed.state.kind === 'waiting' ? null : followed.state.started;
    const ended = followed.state.kind === 'saving' ? followed.state.ended : null;
    followed.state = { kind: 'lost', started, ended, reason };
  }

  close(): void {
    this.#ending.abort();
    if (this.#again !== null) clearInterval(this.#again);
    for (const { lifeline, retry } of this.#followed.values()) {
      retry?.cancel();
      lifeline.close();
    }
  }

  async #watch(name: string): Promise<void> {
    this.#volume.makeDirectory('ctr', 0o777);
    this.#volume.makeDirectory(`ctr/${name}`, 0o777);
    const watcher = { onChange: this.#onChange, signal: this.#ending.signal };
    await watchDirectory(`${this.#volume.root}/ctr/${name}`, watcher);
  }

  async #stateOf(name: string, followed: Followed): Promise<ContainerState> {
    // Life first: a wrapper that was gone then has left its seal by now, if it ever does.
    const life = followed.lifeline.look();
    const seal = readSeal(this.#volume, name);
    if (seal.kind === 'unreadable' && !this.#isUnreadable(followed, life, seal.passes)) return followed.state;
    return (await this.#sealedState(name, followed, life, seal)) ?? this.#unsealedState(name, followed, life);
  }

  /** Whether a seal that cannot be read is given up. Descriptors come back, and servers too. */
  #isUnreadable(followed: Followed, life: Life, passes: 'soon' | 'perhaps'): boolean {
    if (life === 'living') return true;
    followed.unreadableAt ??= performance.now();
    if (life === 'gone' && passes === 'perhaps') return true;
    followed.retry ??= after(limits.retryFirstMs, () => {
      followed.retry = null;
      this.#onChange(null);
    });
    return performance.now() - followed.unreadableAt >= limits.unreadableMs;
  }

  async #sealedState(
    name: string,
    followed: Followed,
    life: Life,
    seal: Seal,
  ): Promise<ContainerState | null> {
    if (seal.kind !== 'valid') followed.besideAt = null;
    if (seal.kind === 'absent') return null;
    // The last thing that a wrapper does; before that, somebody else has put it there.
    if (seal.kind === 'valid' && life !== 'living') return readSealed(this.#volume, name, seal);
    if (seal.kind === 'valid' && lastsBeside(followed))
      return { ...(await readSealed(this.#volume, name, seal)), doubt: besideSentence(name), lives: true };
    // While its wrapper lives, garbage is somebody else's: the wrapper will put its seal over it. One that has not begun
    // clears it away.
    const isFinal =
      life === 'gone' || (life === 'unknown' && (seal.kind === 'unreadable' || lasts(followed)));
    return seal.kind !== 'valid' && isFinal ? readSealed(this.#volume, name, seal) : null;
  }

  async #unsealedState(name: string, followed: Followed, life: Life): Promise<ContainerState> {
    const started = await readStarted(this.#volume, name);
    const ended = await readEnded(this.#volume, name, started);
    if (life === 'gone') return lostState(name, started, ended);
    if (life === 'unknown' && leftTraces(this.#volume, name) && followed.knock.isUnanswered())
      return lostState(name, started, ended);
    if (ended !== null && !mayBeRetried(ended, this.#attempts)) return { kind: 'saving', started, ended };
    return started !== null || life !== 'unknown' ? { kind: 'running', started } : followed.state;
  }
}

/** Whether nothing more will come of a container. */
export function hasEnded(state: ContainerState | undefined): boolean {
  return state?.kind === 'sealed' || state?.kind === 'lost';
}

/** Whether garbage has been there for longer than a wrapper needs to begin. */
function lasts(followed: Followed): boolean {
  followed.garbageAt ??= performance.now();
  return performance.now() - followed.garbageAt >= limits.garbageMs;
}

/** Whether a seal has been there beside a wrapper that lives for longer than one takes to end. */
function lastsBeside(followed: Followed): boolean {
  followed.besideAt ??= performance.now();
  return performance.now() - followed.besideAt >= limits.sealBesideMs;
}

function besideSentence(name: string): string {
  const seconds = limits.sealBesideMs / 1000;
  return `The wrapper of container ${name} still lives ${seconds} s after its exit code appeared, which is taken for the job's end`;
}
