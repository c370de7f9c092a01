import { limits } from '../base/limits.ts';
import type { Result, Started } from '../contract/records.ts';
import type { ContainerState } from '../observe/container-state.ts';
import type { JobReport } from '../observe/job-report.ts';
import { StreamBounds } from '../observe/stream-bounds.ts';
import type { Progress } from '../report/sink.ts';
import { OutputLog } from '../report/spool/output-log.ts';
import type { OutputBounds } from '../report/spool/output-log-options.ts';
import type { Spool } from '../report/spool/spool.ts';
import { hasEnded, JobWatch } from './job-watch.ts';

/** A job while it is followed; the sinks see it as `Progress`. */
export class FollowedJob implements Progress {
  states: ReadonlyMap<string, ContainerState>;
  started: Started | null = null;
  report: JobReport | null = null;
  readonly output: OutputLog;
  readonly watch: JobWatch;
  /** Called after the states were read. */
  onLook: () => void = () => undefined;
  readonly #onProgress: () => void;
  #event: () => void = () => undefined;
  #happened = true;
  #outputTimer: NodeJS.Timeout | null = null;
  #rowTimer: NodeJS.Timeout | null = null;

  /**
   * @param bounds of the output that is read
   * @param onProgress called when there is something new for the sinks
   */
  constructor(
    { volume, home }: Spool,
    names: readonly string[],
    bounds: OutputBounds,
    onProgress: () => void,
  ) {
    this.#onProgress = onProgress;
    this.states = new Map(names.map((name) => [name, { kind: 'waiting' }]));
    this.watch = new JobWatch(volume, names, (file) => this.#notice(file));
    this.output = new OutputLog(volume, names, {
      home,
      hasEnded: (name) => hasEnded(this.states.get(name)),
      later: (ms) => this.#noticeRow(ms),
      rows: bounds.outputRows,
      streams: new StreamBounds(bounds.logLimit, (name) => resultOf(this.states.get(name))),
    });
  }

  get ended(): boolean {
    return this.states.size > 0 && [...this.states.values()].every(hasEnded);
  }

  /** Waits until every container has exited or is lost. */
  async untilEnded(): Promise<void> {
    await this.watch.start();
    await this.look();
    while (!this.ended) {
      await this.#nextEvent();
      this.#happened = false;
      this.#take(await this.watch.lookAtChanged());
    }
  }

  /** Reads the state of every container now. */
  async look(): Promise<void> {
    this.#take(await this.watch.look());
  }

  #take(states: ReadonlyMap<string, ContainerState>): void {
    const before = this.states;
    this.states = states;
    const hadStarted = this.started !== null;
    this.started ??= firstStarted(this.states);
    // An exited container may have left an unfinished line, which no file event announces.
    const ended = [...this.states].some(([name, state]) => hasEnded(state) && !hasEnded(before.get(name)));
    if (ended || (!hadStarted && this.started !== null)) this.#onProgress();
    this.onLook();
  }

  /** Reads the states again soon, without waiting for a file event. */
  poke(): void {
    this.#happened = true;
    this.#event();
  }

  close(): void {
    if (this.#outputTimer !== null) clearTimeout(this.#outputTimer);
    if (this.#rowTimer !== null) clearTimeout(this.#rowTimer);
    this.watch.close();
    this.output.close();
  }

  #notice(file: string | null): void {
    if (file === 'timeline' || file === 'stdout' || file === 'stderr') this.#noticeOutput();
    else this.poke();
  }

  #noticeOutput(): void {
    this.#outputTimer ??= setTimeout(() => {
      this.#outputTimer = null;
      this.#onProgress();
    }, limits.gatherOutputMs);
  }

  #noticeRow(ms: number): void {
    this.#rowTimer ??= setTimeout(() => {
      this.#rowTimer = null;
      this.#onProgress();
    }, ms);
  }

  #nextEvent(): Promise<void> {
    if (this.#happened) return Promise.resolve();
    return new Promise((resolve) => {
      this.#event = resolve;
    });
  }
}

function resultOf(state: ContainerState | undefined): Result | null {
  return state?.kind === 'sealed' ? state.result : null;
}

function firstStarted(states: ReadonlyMap<string, ContainerState>): Started | null {
  const records = [...states.values()].flatMap((state) => (state.kind === 'waiting' ? [] : [state.started]));
  const times = records.filter((record) => record !== null);
  return times.sort((a, b) => a.startedAt.localeCompare(b.startedAt))[0] ?? null;
}
