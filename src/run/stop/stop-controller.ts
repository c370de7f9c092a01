import { limits } from '../../base/limits.ts';
import { killSignal, signalName, terminateSignal } from '../../base/signal-names.ts';
import { afterRunning, type Timer } from '../../base/timer.ts';
import { SavingEnd } from '../seal/saving-end.ts';
import { harmlessSignals, savingStopSignals } from './signal-classes.ts';
import type { SignalTarget } from './signal-target.ts';
import { nextStep, type StopEvent, type StopState } from './stop-machine.ts';

/** Why a run was stopped; the first cause stands. */
export type StopCause = 'timeout' | 'request' | 'signal' | 'mains';

/**
 * Every stop and every signal for the job goes through here, from before the first attempt until after the last. Holds
 * the state machine, the grace timer, and the first cause.
 */
export class StopController {
  #state: StopState = 'waiting';
  #cause: StopCause | null = null;
  #signal = 0;
  #causeAt = 0;
  #target: SignalTarget | null = null;
  #grace: Timer | null = null;
  readonly #graceMs: number;
  readonly #stopSignal: number;
  readonly #ignored: ReadonlySet<number>;
  readonly #reap: () => void;
  readonly #cancel = new AbortController();
  readonly #saving = new SavingEnd();
  readonly #forwarded = new Set<number>();
  /** How often each cause has requested a stop, and how often the job was sent the stop signal. */
  readonly #requested = new Map<StopCause, number>();
  #sent = 0;

  /**
   * @param options `ignored`: signals that were ignored when the emissary was started, and so in the job; `reap`:
   *   reaps a
   *   job that has exited by now, which calls `detach`; called before anything is sent to the job
   */
  constructor(options: {
    readonly graceMs: number;
    readonly stopSignal: number;
    readonly ignored: readonly number[];
    readonly reap: () => void;
  }) {
    this.#graceMs = options.graceMs;
    this.#stopSignal = options.stopSignal;
    this.#ignored = new Set(options.ignored);
    this.#reap = options.reap;
  }

  /** Aborted by the first stop or kill: ends every wait without a process, and the wait for stalled readers. */
  get cancelled(): AbortSignal {
    return this.#cancel.signal;
  }

  /**
   * Aborted by a stop after the job's process has exited, which ends the saving; its reason is a phrase for messages.
   */
  get savingEnd(): AbortSignal {
    return this.#saving.signal;
  }

  /** Why the run was stopped, or null. */
  get cause(): StopCause | null {
    return this.#cause;
  }

  /** The signal of the first cause. */
  get causeSignal(): number {
    return this.#signal;
  }

  /** Whether this signal was forwarded to the job. */
  wasForwarded(signal: number): boolean {
    return this.#forwarded.has(signal);
  }

  /**
   * Stops the job: stop signal, grace, KILL. One stop that arrives twice, by different causes, counts once: when a pod
   * is deleted, both the kubelet and the reporter request it, and a second signal would abort the job's clean-up.
   */
  stop(cause: StopCause, signal: number = this.#stopSignal): void {
    this.#reap();
    this.#recordCause(cause, signal);
    const requested = (this.#requested.get(cause) ?? 0) + 1;
    this.#requested.set(cause, requested);
    if (requested <= this.#sent && this.#state === 'stopping') return;
    this.#sent = Math.max(this.#sent, requested);
    this.#step('stop', signal);
  }

  /** Handles a signal for the job, from the request file or received by this process. */
  receive(cause: 'request' | 'signal', signal: number): void {
    this.#reap();
    if (this.#isForSaving(cause, signal)) {
      const how = cause === 'request' ? 'was requested' : 'was received';
      this.#saving.stop(`${signalName(signal)} ${how}`);
    }
    if (cause === 'signal' && this.#ignored.has(signal)) {
      // It would not stop the job without us either. The job may have set a handler since.
      this.#step('forward', signal);
    } else if (signal === killSignal) {
      this.#recordCause(cause, signal);
      this.#step('kill', signal);
    } else if (signal === terminateSignal || signal === this.#stopSignal) {
      this.stop(cause, this.#stopSignal);
    } else if (this.#target === null && !harmlessSignals.has(signal)) {
      this.#recordCause(cause, signal);
      this.#step('stop', signal);
    } else {
      this.#step('forward', signal);
    }
  }

  /** Call when the job's process has started. An earlier stop takes effect now. */
  attach(target: SignalTarget): void {
    this.#target = target;
    this.#step('started', 0);
  }

  /**
   * Call when the job's process has exited.
   * @returns why it was stopped, or null; a later stop no longer concerns this process
   */
  detach(): StopCause | null {
    this.#grace?.cancel();
    this.#target = null;
    // Whoever stops the container by a signal kills it when the grace ends, even while it saves. A time limit applies
    // to
    // the job only, and a requester can repeat the request.
    const isBounded = this.#state === 'stopping' && this.#cause === 'signal';
    this.#step('ended', 0);
    this.#saving.jobEnded(isBounded);
    return this.#cause;
  }

  #isForSaving(cause: 'request' | 'signal', signal: number): boolean {
    if (!this.#saving.hasEnded || this.#target !== null) return false;
    if (cause === 'signal' && this.#ignored.has(signal)) return false;
    if (!savingStopSignals.has(signal) && signal !== this.#stopSignal) return false;
    // The engine's signal and the reporter's request may be the same stop.
    const isOther = this.#cause === (cause === 'signal' ? 'request' : 'signal');
    return !isOther || performance.now() - this.#causeAt > limits.sameStopMs;
  }

  #beginGrace(): void {
    if (this.#grace !== null) return;
    this.#grace = afterRunning(this.#graceMs, () => {
      this.#reap();
      this.#step('graceElapsed', killSignal);
    });
    this.#saving.graceBegins(this.#graceMs);
  }

  #recordCause(cause: StopCause, signal: number): void {
    if (this.#cause !== null || this.#state === 'over') return;
    this.#cause = cause;
    this.#signal = signal;
    this.#causeAt = performance.now();
  }

  #step(event: StopEvent, signal: number): void {
    const { state, action } = nextStep(this.#state, event);
    this.#state = state;
    switch (action) {
      case 'none':
        return;
      case 'cancel':
        return this.#cancel.abort();
      case 'forward':
        this.#forwarded.add(signal);
        return this.#target?.send(signal);
      case 'stop':
        this.#beginGrace();
        this.#cancel.abort();
        return this.#target?.send(signal);
      case 'kill':
        this.#cancel.abort();
        return this.#target?.killAll();
    }
  }
}
