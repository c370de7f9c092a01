import { limits } from '../base/limits.ts';
import type { Result, Started } from '../contract/records.ts';
import type { ContainerState } from './container-state.ts';
import type { JobReport } from './job-report.ts';
import { hasEnded, JobWatch } from './job-watch.ts';
import { OutputLog } from './output-log.ts';
import type { Progress } from './sink.ts';
import type { Spool } from './spool.ts';
import { StreamBounds } from './stream-bounds.ts';

/** The job while it is followed; `Progress` is what the sinks see of it. */
export class FollowedJob implements Progress {
  states: ReadonlyMap<string, ContainerState>;
  started: Started | null = null;
  report: JobReport | null = null;
  readonly output: OutputLog;
  readonly watch: JobWatch;
  readonly #onProgress: () => void;
  #event: () => void = () => undefined;
  #happened = true;
  #outputTimer: NodeJS.Timeout | null = null;

  /**
   * @param logLimit bytes of one stream that are taken at the most; 0 = no limit
   * @param onProgress called when there is something new for the sinks */
  constructor({ volume, home }: Spool, names: readonly string[], logLimit: number, onProgress: () => void) {
    this.#onProgress = onProgress;
    this.states = new Map(names.map((name) => [name, { kind: 'waiting' }]));
    this.watch = new JobWatch(volume, names, (file) => this.#notice(file));
    const hasEndedAs = (name: string) => hasEnded(this.states.get(name));
    const bounds = new StreamBounds(logLimit, (name) => resultOf(this.states.get(name)));
    this.output = new OutputLog(volume, names, hasEndedAs, home, bounds);
  }

  get ended(): boolean {
    return this.states.size > 0 && [...this.states.values()].every(hasEnded);
  }

  /** Waits until every container has ended. */
  async untilEnded(): Promise<void> {
    this.watch.start();
    await this.look();
    while (!this.ended) {
      await this.#nextEvent();
      this.#happened = false;
      this.#take(await this.watch.lookAtChanged());
    }
  }

  /** Looks at every container now. */
  async look(): Promise<void> {
    this.#take(await this.watch.look());
  }

  #take(states: ReadonlyMap<string, ContainerState>): void {
    this.states = states;
    if (this.started === null) {
      this.started = firstStarted(this.states);
      if (this.started !== null) this.#onProgress();
    }
  }

  /** Looks again soon, whatever happens on the volume. */
  poke(): void {
    this.#happened = true;
    this.#event();
  }

  close(): void {
    if (this.#outputTimer !== null) clearTimeout(this.#outputTimer);
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
