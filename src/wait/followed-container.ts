import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { after, type Timer } from '../base/timer.ts';
import type { Volume } from '../contract/volume.ts';
import { type Life, WrapperLiveness } from '../contract/wrapper-liveness.ts';
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
import { leftTraces, WrapperProbe } from './wrapper-probe.ts';

/** One container while its job is followed, and the state that its files show. */
export class FollowedContainer {
  /** The state that was found last. */
  state: ContainerState = { kind: 'waiting' };
  readonly #volume: Volume;
  readonly #name: string;
  readonly #onChange: () => void;
  readonly #liveness: WrapperLiveness;
  readonly #probe: WrapperProbe;
  readonly #presence: PresenceCheck;
  /** When a garbage seal was first found, ms of a monotonic clock; null before. */
  #garbageAt: number | null = null;
  /** The same for a valid seal while the wrapper is still alive. */
  #besideAt: number | null = null;
  /** The same for a seal that cannot be read. */
  #unreadableAt: number | null = null;
  /** Reads an unreadable seal again. */
  #retry: Timer | null = null;
  /** Checks whether a probed wrapper has answered. */
  #answer: Timer | null = null;

  /** @param onChange called when the state must be read again */
  constructor(volume: Volume, name: string, onChange: () => void) {
    this.#volume = volume;
    this.#name = name;
    this.#onChange = onChange;
    this.#liveness = new WrapperLiveness(volume, name, onChange);
    this.#probe = new WrapperProbe(volume, name);
    this.#presence = new PresenceCheck(volume, name);
  }

  close(): void {
    this.#retry?.cancel();
    this.#answer?.cancel();
    this.#liveness.close();
  }

  /** @param attempts how often its job is started at most */
  async look(attempts: number): Promise<ContainerState> {
    if (this.#volume.isRemoved) return removedState(this.#name, this.state);
    // Check liveness first: a wrapper that was gone by then has already left its seal, if it ever does.
    const life = this.#lifeNow();
    if (life === null) return this.state;
    const seal = readSeal(this.#volume, this.#name);
    if (seal.kind === 'unreadable' && !this.#isUnreadable(life, seal.retry)) return this.state;
    return (await this.#sealedState(life, seal)) ?? this.#unsealedState(life, attempts);
  }

  /** Null while a wrapper that seems to be gone is being probed. */
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

  /** Whether to give up on an unreadable seal. Lack of descriptors passes, and servers come back. */
  #isUnreadable(life: Life, retry: 'soon' | 'perhaps'): boolean {
    if (life === 'living') return true;
    this.#unreadableAt ??= performance.now();
    if (life === 'gone' && retry === 'perhaps') return true;
    this.#retry ??= after(limits.retryFirstMs, () => {
      this.#retry = null;
      this.#onChange();
    });
    return performance.now() - this.#unreadableAt >= limits.unreadableMs;
  }

  async #sealedState(life: Life, seal: Seal): Promise<ContainerState | null> {
    if (seal.kind !== 'valid') this.#besideAt = null;
    if (seal.kind === 'absent') return null;
    // Sealing is the last thing that a wrapper does: while it is alive, somebody else may have put the seal there.
    if (seal.kind === 'valid' && life !== 'living') return readSealed(this.#volume, this.#name, seal);
    if (seal.kind === 'valid' && this.#lastsBeside())
      return {
        ...(await readSealed(this.#volume, this.#name, seal)),
        doubt: besideSentence(this.#name),
        lives: true,
      };
    // While the wrapper is alive, garbage comes from somebody else: the wrapper will overwrite it with its seal. A wrapper
    // that has not started yet will remove it.
    const isFinal =
      life === 'gone' || (life === 'unknown' && (seal.kind === 'unreadable' || this.#garbageLasts()));
    return seal.kind !== 'valid' && isFinal ? readSealed(this.#volume, this.#name, seal) : null;
  }

  async #unsealedState(life: Life, attempts: number): Promise<ContainerState> {
    const started = await readStarted(this.#volume, this.#name);
    const ended = await readEnded(this.#volume, this.#name, started);
    if (life === 'gone') return lostState(this.#name, started, ended);
    if (life === 'unknown' && leftTraces(this.#volume, this.#name) && this.#probe.isUnanswered())
      return lostState(this.#name, started, ended);
    if (ended !== null && !mayBeRetried(ended, attempts)) return { kind: 'saving', started, ended };
    return started !== null || life !== 'unknown' ? { kind: 'running', started } : this.state;
  }

  /** Whether garbage has been there for longer than a wrapper needs to start. */
  #garbageLasts(): boolean {
    this.#garbageAt ??= performance.now();
    return performance.now() - this.#garbageAt >= limits.invalidSealMs;
  }

  /** Whether a live wrapper has had a seal for longer than it takes to exit. */
  #lastsBeside(): boolean {
    this.#besideAt ??= performance.now();
    return performance.now() - this.#besideAt >= limits.sealBesideMs;
  }
}

/** What was known before stays known. */
function removedState(name: string, known: ContainerState): ContainerState {
  const started = known.kind === 'waiting' ? null : known.started;
  const ended = known.kind === 'saving' ? known.ended : null;
  const reason = `The volume was removed: how container ${name} ends cannot be known`;
  log(reason);
  return { kind: 'lost', started, ended, reason };
}

function besideSentence(name: string): string {
  const seconds = limits.sealBesideMs / 1000;
  return `The wrapper of container ${name} is still alive ${seconds} s after its exit code appeared; that exit code is used`;
}
