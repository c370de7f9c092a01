import { limits } from '../../base/limits.ts';
import { killSignal, signalName, terminateSignal } from '../../base/signal-names.ts';
import { afterRunning, type Timer } from '../../base/timer.ts';
import { SavingEnd } from '../seal/saving-end.ts';
import { nextStep, type StopEvent, type StopState } from './stop-machine.ts';

/** Why a run was ended from outside; the first cause stands. */
export type StopCause = 'timeout' | 'request' | 'signal' | 'mains';

/** The processes of the job, as far as stopping is concerned. */
export interface Target {
  /** Sends one signal to the job's whole process group. */
  send(signal: number): void;
  /** KILLs the group and every descendant that has left it. */
  killAll(): void;
}

/** Signals whose default action does not end a process (signal(7)): CHLD, CONT, STOP…TTOU, URG, WINCH. */
const harmless: ReadonlySet<number> = new Set([17, 18, 19, 20, 21, 22, 23, 28]);

/** HUP, INT, QUIT, KILL, TERM: by these somebody ends what the emissary does after the job. */
const ending: ReadonlySet<number> = new Set([1, 2, 3, killSignal, terminateSignal]);

/**
 * Everything that may end or signal the job goes through here, from before its first start to after its last.
 * Holds the state machine, the grace, and the first cause.
 */
export class StopController {
  #state: StopState = 'waiting';
  #cause: StopCause | null = null;
  #signal = 0;
  #causeAt = 0;
  #target: Target | null = null;
  #grace: Timer | null = null;
  readonly #graceMs: number;
  readonly #stopSignal: number;
  readonly #ignored: ReadonlySet<number>;
  readonly #look: () => void;
  readonly #cancel = new AbortController();
  readonly #saving = new SavingEnd();
  readonly #forwarded = new Set<number>();
  /** How often each cause has asked the job to stop, and how often it was told to. */
  readonly #asked = new Map<StopCause, number>();
  #told = 0;

  /**
   * @param options `ignored`: signals that the emissary was started with ignored, as the job was; `look`: takes notice of
   *   a job that has ended by now (`detach`), and is called before anything is done to it
   */
  constructor(options: {
    readonly graceMs: number;
    readonly stopSignal: number;
    readonly ignored: readonly number[];
    readonly look: () => void;
  }) {
    this.#graceMs = options.graceMs;
    this.#stopSignal = options.stopSignal;
    this.#ignored = new Set(options.ignored);
    this.#look = options.look;
  }

  /** Aborted by the first stop or kill: ends every wait that has no process, and the patience with stalled readers. */
  get cancelled(): AbortSignal {
    return this.#cancel.signal;
  }

  /**
   * Aborted by what would have stopped the job, once its process has ended: nothing more is saved. Its reason is a
   * sentence. What has become of the job is no longer changed by it.
   */
  get savingEnd(): AbortSignal {
    return this.#saving.signal;
  }

  /** Why the run was asked to end, or null. */
  get cause(): StopCause | null {
    return this.#cause;
  }

  /** The signal that the first cause stands for. */
  get causeSignal(): number {
    return this.#signal;
  }

  /** Whether this signal was passed on to the job. */
  wasForwarded(signal: number): boolean {
    return this.#forwarded.has(signal);
  }

  /**
   * Asks the job to stop: stop signal, grace, KILL. What comes in two ways is one thing: on a pod's deletion both the
   * kubelet and the sidecar ask, and a second signal would end the job's cleaning up.
   */
  stop(cause: StopCause, signal: number = this.#stopSignal): void {
    this.#look();
    this.#note(cause, signal);
    const asked = (this.#asked.get(cause) ?? 0) + 1;
    this.#asked.set(cause, asked);
    if (asked <= this.#told && this.#state === 'stopping') return;
    this.#told = Math.max(this.#told, asked);
    this.#step('stop', signal);
  }

  /** A signal that arrived for the job, by the request file or at the emissary itself. */
  receive(cause: 'request' | 'signal', signal: number): void {
    this.#look();
    if (this.#isForSaving(cause, signal)) {
      const how = cause === 'request' ? 'was requested' : 'was received';
      this.#saving.stop(`${signalName(signal)} ${how}`);
    }
    if (cause === 'signal' && this.#ignored.has(signal)) {
      // It must not stop anything: nor would it without us. A job may have asked for it since.
      this.#step('forward', signal);
    } else if (signal === killSignal) {
      this.#note(cause, signal);
      this.#step('kill', signal);
    } else if (signal === terminateSignal || signal === this.#stopSignal) {
      this.stop(cause, this.#stopSignal);
    } else if (this.#target === null && !harmless.has(signal)) {
      this.#note(cause, signal);
      this.#step('stop', signal);
    } else {
      this.#step('forward', signal);
    }
  }

  /** The job has processes from now on. A stop that came first is carried out. */
  attach(target: Target): void {
    this.#target = target;
    this.#step('started', 0);
  }

  /**
   * The job's process has ended.
   * @returns why it was asked to end, or null: what comes later is no longer about this process
   */
  detach(): StopCause | null {
    this.#grace?.cancel();
    this.#target = null;
    // Whoever has sent a signal to end the container KILLs it when the grace is over, whatever it is doing then. A time
    // limit is the job's alone, and whoever has requested the stop asks again.
    const isBounded = this.#state === 'stopping' && this.#cause === 'signal';
    this.#step('ended', 0);
    this.#saving.jobEnded(isBounded);
    return this.#cause;
  }

  #isForSaving(cause: 'request' | 'signal', signal: number): boolean {
    if (!this.#saving.hasEnded || this.#target !== null) return false;
    if (cause === 'signal' && this.#ignored.has(signal)) return false;
    if (!ending.has(signal) && signal !== this.#stopSignal) return false;
    // The engine's own, and the sidecar's request for the same stop.
    const isOther = this.#cause === (cause === 'signal' ? 'request' : 'signal');
    return !isOther || performance.now() - this.#causeAt > limits.sameStopMs;
  }

  #beginGrace(): void {
    if (this.#grace !== null) return;
    this.#grace = afterRunning(this.#graceMs, () => {
      this.#look();
      this.#step('graceElapsed', killSignal);
    });
    this.#saving.graceBegins(this.#graceMs);
  }

  #note(cause: StopCause, signal: number): void {
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
