import { messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { log } from '../base/log.ts';
import { printableJson } from '../base/printable.ts';
import type { ReportSettings } from '../settings/destinations/report-settings.ts';
import { DeliveryLoop } from './delivery-loop.ts';
import { rememberEnd } from './job-times.ts';
import { openSinks } from './open-sinks.ts';
import type { RowOwner } from './row-owner.ts';
import type { Progress } from './sink.ts';
import { reportRecord } from './spool/find-report.ts';
import type { Spool } from './spool/spool.ts';

/** Delivers a job to every configured sink, each at its own pace: a sink that is down does not delay the others. */
export class Delivery {
  readonly #settings: ReportSettings;
  readonly #spool: Spool;
  readonly #print: (text: string) => void;
  #loops: readonly DeliveryLoop[] = [];
  #owner: RowOwner | null = null;

  /** @param print writes to standard output, where the result goes if there is no sink */
  constructor(settings: ReportSettings, spool: Spool, print: (text: string) => void) {
    this.#settings = settings;
    this.#spool = spool;
    this.#print = print;
  }

  /** Starts delivery, with what there is already. */
  async start(progress: Progress): Promise<void> {
    const { all, owner } = await openSinks(this.#settings, this.#spool, () => this.wake());
    this.#owner = owner;
    this.#loops = all.map((sink) => new DeliveryLoop(sink, progress));
  }

  /** To be called when there is something new. */
  wake(): void {
    for (const loop of this.#loops) loop.wake();
  }

  /** Limits the remaining time; what is not delivered by then stays in the spool. */
  limit(budgetMs: number): void {
    for (const loop of this.#loops) loop.limit(this.#share(loop, budgetMs)[1]);
  }

  /**
   * Delivers the rest of a job that has ended.
   * @param limitMs the limit for everything, even if delivery makes progress
   * @returns whether everything was delivered; if not, the reason was logged
   */
  async finish(progress: Progress, limitMs: number): Promise<boolean> {
    const endsAt = performance.now() + limitMs;
    if (progress.report !== null) rememberEnd(progress.report, this.#spool);
    const isPrinted =
      this.#settings.mode === 'none' ||
      this.#loops.some(({ sink }) => !sink.bestEffort && sink.isPartial !== true) ||
      this.#printResult(progress);
    const outcomes = await Promise.all(
      this.#loops.map(async (loop) => {
        const outcome = await loop.finish(...this.#share(loop, limitMs));
        // If the REST server did not store the row, the database does, while there is time for it.
        if (outcome !== null && loop.sink.writesRowFirst) this.#owner?.decide('database');
        return loop.sink.bestEffort ? null : outcome;
      }),
    );
    await this.#announceTrace(progress, endsAt - performance.now());
    const delivered = isPrinted && outcomes.every((outcome) => outcome === null);
    if (!delivered) {
      const { home } = this.#spool;
      const { root } = this.#spool.volume;
      const [place, verb] =
        home !== null && this.#spool.keeps(reportRecord) ? [`${home.root}/report`, 'report'] : [root, 'wait'];
      log(`Undelivered data stays in ${place}; "emissary ${verb} --root ${root}" delivers it later`);
    }
    return delivered;
  }

  /** Last, since the report is a part of the trace, and nothing must wait for it. */
  async #announceTrace({ report }: Progress, limitMs: number): Promise<void> {
    const { traces, traceparent, mode } = this.#settings;
    if (traces === null || report === null || mode === 'none') return;
    const { announceTrace } = await import('./notify/announce-trace.ts');
    await announceTrace({ traces, traceparent }, report, { spool: this.#spool, limitMs });
  }

  /** How long a sink may make no progress, and how long it may take in all, ms. */
  #share({ sink }: DeliveryLoop, limitMs: number): readonly [patienceMs: number, limitMs: number] {
    const { budgetMs, database } = this.#settings;
    if (sink.bestEffort) return [limits.bestEffortMs, Math.min(limitMs, limits.bestEffortMs)];
    const share = sink.writesRowFirst && database !== null ? limits.rowFirstShare : 1;
    return [budgetMs * share, limitMs * share];
  }

  /** @returns whether it could be printed */
  #printResult({ report }: Progress): boolean {
    const { home } = this.#spool;
    const copy = home === null ? '' : ` and keeping it in ${home.root}/report`;
    log(`No destination is configured: printing the result to standard output${copy}`, 'info');
    try {
      this.#print(`${printableJson(report)}\n`);
      return true;
    } catch (error) {
      log(messageOf(error));
      return false;
    }
  }
}
