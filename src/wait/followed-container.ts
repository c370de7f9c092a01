import { limits } from '../base/limits.ts';
import { after, type Timer } from '../base/timer.ts';
import { type Life, Liveness } from '../contract/liveness.ts';
import type { Volume } from '../contract/volume.ts';
import {
  type ContainerState,
  lostState,
  mayBeRetried,
  readEnded,
  readSeal,
  readStarted,
  type Seal,
} from '../observe/container-state.ts';
import { readSealed } from '../observe/read-sealed.ts';
import { PresenceCheck } from './presence-check.ts';
import { Knock, leftTraces } from './wrapper-probe.ts';

/** One container while its job is followed, and what its files say of it. */
export class FollowedContainer {
  /** What was found last. */
  state: ContainerState = { kind: 'waiting' };
  readonly #volume: Volume;
  readonly #name: string;
  readonly #onChange: () => void;
  readonly #liveness: Liveness;
  readonly #knock: Knock;
  readonly #presence: PresenceCheck;
  /** When garbage was first found in the place of a seal, of a clock that only goes forward; null before. */
  #garbageAt: number | null = null;
  /** The same of a seal beside a wrapper that lives. */
  #besideAt: number | null = null;
  /** The same of a seal that cannot be read. */
  #unreadableAt: number | null = null;
  /** The next look at it. */
  #retry: Timer | null = null;
  /** The look after a wrapper was asked whether it is there. */
  #answer: Timer | null = null;

  /** @param onChange called when it is to be looked at again */
  constructor(volume: Volume, name: string, onChange: () => void) {
    this.#volume = volume;
    this.#name = name;
    this.#onChange = onChange;
    this.#liveness = new Liveness(volume, name, onChange);
    this.#knock = new Knock(volume, name);
    this.#presence = new PresenceCheck(volume, name);
  }

  close(): void {
    this.#retry?.cancel();
    this.#answer?.cancel();
    this.#liveness.close();
  }

  /** @param attempts how often its job is started at the most */
  async look(attempts: number): Promise<ContainerState> {
    // Life first: a wrapper that was gone then has left its seal by now, if it ever does.
    const life = this.#lifeNow();
    if (life === null) return this.state;
    const seal = readSeal(this.#volume, this.#name);
    if (seal.kind === 'unreadable' && !this.#isUnreadable(life, seal.passes)) return this.state;
    return (await this.#sealedState(life, seal)) ?? this.#unsealedState(life, attempts);
  }

  /** Null while it is being found out whether a wrapper that seems gone is there. */
  #lifeNow(): Life | null {
    const life = this.#liveness.look();
    if (this.#liveness.isProven || life === 'living' || life === 'unknown') return life;
    switch (this.#presence.look()) {
      case 'absent':
        return life;
      case 'present':
        return 'living';
      case 'asking':
        this.#answer ??= after(limits.answerSoonMs + 1, () => {
          this.#answer = null;
          this.#onChange();
        });
        return null;
    }
  }

  /** Whether a seal that cannot be read is given up. Descriptors come back, and servers too. */
  #isUnreadable(life: Life, passes: 'soon' | 'perhaps'): boolean {
    if (life === 'living') return true;
    this.#unreadableAt ??= performance.now();
    if (life === 'gone' && passes === 'perhaps') return true;
    this.#retry ??= after(limits.retryFirstMs, () => {
      this.#retry = null;
      this.#onChange();
    });
    return performance.now() - this.#unreadableAt >= limits.unreadableMs;
  }

  async #sealedState(life: Life, seal: Seal): Promise<ContainerState | null> {
    if (seal.kind !== 'valid') this.#besideAt = null;
    if (seal.kind === 'absent') return null;
    // The last thing that a wrapper does; before that, somebody else has put it there.
    if (seal.kind === 'valid' && life !== 'living') return readSealed(this.#volume, this.#name, seal);
    if (seal.kind === 'valid' && this.#lastsBeside())
      return {
        ...(await readSealed(this.#volume, this.#name, seal)),
        doubt: besideSentence(this.#name),
        lives: true,
      };
    // While its wrapper lives, garbage is somebody else's: the wrapper will put its seal over it. One that has not begun
    // clears it away.
    const isFinal =
      life === 'gone' || (life === 'unknown' && (seal.kind === 'unreadable' || this.#garbageLasts()));
    return seal.kind !== 'valid' && isFinal ? readSealed(this.#volume, this.#name, seal) : null;
  }

  async #unsealedState(life: Life, attempts: number): Promise<ContainerState> {
    const started = await readStarted(this.#volume, this.#name);
    const ended = await readEnded(this.#volume, this.#name, started);
    if (life === 'gone') return lostState(this.#name, started, ended);
    if (life === 'unknown' && leftTraces(this.#volume, this.#name) && this.#knock.isUnanswered())
      return lostState(this.#name, started, ended);
    if (ended !== null && !mayBeRetried(ended, attempts)) return { kind: 'saving', started, ended };
    return started !== null || life !== 'unknown' ? { kind: 'running', started } : this.state;
  }

  /** Whether garbage has been there for longer than a wrapper needs to begin. */
  #garbageLasts(): boolean {
    this.#garbageAt ??= performance.now();
    return performance.now() - this.#garbageAt >= limits.garbageMs;
  }

  /** Whether a seal has been there beside a wrapper that lives for longer than one takes to end. */
  #lastsBeside(): boolean {
    this.#besideAt ??= performance.now();
    return performance.now() - this.#besideAt >= limits.sealBesideMs;
  }
}

function besideSentence(name: string): string {
  const seconds = limits.sealBesideMs / 1000;
  return `The wrapper of container ${name} still lives ${seconds} s after its exit code appeared, which is taken for the job's end`;
}
