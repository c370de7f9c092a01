import { sentenceOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { say } from '../base/log.ts';
import { printableJson } from '../base/printable.ts';
import type { ReportSettings } from '../settings/destinations/report-settings.ts';
import { Courier } from './delivery-loop.ts';
import { rememberEnd } from './job-times.ts';
import type { RowOwner } from './row-owner.ts';
import type { Progress } from './sink.ts';
import { openSinks } from './sinks.ts';
import { reportRecord } from './spool/read-report.ts';
import type { Spool } from './spool/spool.ts';

/** Delivers a job to every sink that the settings name, each at its own pace: one that is down delays no other. */
export class Delivery {
  readonly #settings: ReportSettings;
  readonly #spool: Spool;
  readonly #print: (text: string) => void;
  #couriers: readonly Courier[] = [];
  #owner: RowOwner | null = null;

  /** @param print to standard output, where the result goes when there is no sink */
  constructor(settings: ReportSettings, spool: Spool, print: (text: string) => void) {
    this.#settings = settings;
    this.#spool = spool;
    this.#print = print;
  }

  /** Begins to deliver; sinks are told what there is already. */
  async start(progress: Progress): Promise<void> {
    const { all, owner } = await openSinks(this.#settings, this.#spool, () => this.wake());
    this.#owner = owner;
    this.#couriers = all.map((sink) => new Courier(sink, progress));
  }

  /** There is something new. */
  wake(): void {
    for (const courier of this.#couriers) courier.wake();
  }

  /** What is not delivered after this time stays in the spool. */
  limit(budgetMs: number): void {
    for (const courier of this.#couriers) courier.limit(this.#share(courier, budgetMs)[1]);
  }

  /**
   * Delivers all that is left of a job that has ended.
   * @param limitMs a limit for all of it, however well it goes
   * @returns whether everything was delivered; where not, it was said why
   */
  async finish(progress: Progress, limitMs: number): Promise<boolean> {
    if (progress.report !== null) rememberEnd(progress.report, this.#spool);
    const isPrinted = this.#couriers.some(({ sink }) => !sink.isSoft) || this.#printResult(progress);
    const outcomes = await Promise.all(
      this.#couriers.map(async (courier) => {
        const outcome = await courier.finish(...this.#share(courier, limitMs));
        // A REST server that did not take it leaves the row to the database, while there is time for it.
        if (outcome !== null && courier.sink.writesRowFirst) this.#owner?.decide('database');
        return courier.sink.isSoft ? null : outcome;
      }),
    );
    const delivered = isPrinted && outcomes.every((outcome) => outcome === null);
    if (!delivered) {
      const { home } = this.#spool;
      const { root } = this.#spool.volume;
      const [place, verb] =
        home !== null && this.#spool.keeps(reportRecord) ? [`${home.root}/report`, 'report'] : [root, 'wait'];
      say(`What was not delivered stays in ${place}; "emissary ${verb} --root ${root}" delivers it later`);
    }
    return delivered;
  }

  /** How long a sink may get nowhere, and how long it may take in all, ms. */
  #share({ sink }: Courier, limitMs: number): readonly [patienceMs: number, limitMs: number] {
    const { budgetMs, database } = this.#settings;
    if (sink.isSoft) return [limits.softSinkMs, Math.min(limitMs, limits.softSinkMs)];
    const share = sink.writesRowFirst && database !== null ? limits.rowFirstShare : 1;
    return [budgetMs * share, limitMs * share];
  }

  /** @returns whether it could be printed */
  #printResult({ report }: Progress): boolean {
    const { home } = this.#spool;
    say(
      `No server is set: the result goes to the standard output${home === null ? '' : `, and stays in ${home.root}/report`}`,
    );
    try {
      this.#print(`${printableJson(report)}\n`);
      return true;
    } catch (error) {
      say(sentenceOf(error));
      return false;
    }
  }
}
