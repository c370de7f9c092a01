/** What of the operator can be counted, in the text format of Prometheus. */
export class Metrics {
  readonly #buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
  readonly #inBucket = this.#buckets.map(() => 0);
  #count = 0;
  #seconds = 0;
  #failures = 0;

  /** @param ms that one job was worked on for */
  reconciled(ms: number): void {
    this.#count += 1;
    this.#seconds += ms / 1_000;
    for (const [index, bound] of this.#buckets.entries())
      if (ms / 1_000 <= bound) this.#inBucket[index] = (this.#inBucket[index] ?? 0) + 1;
  }

  failed(): void {
    this.#failures += 1;
  }

  /** @param of.phases how many jobs are in each phase */
  text(of: {
    readonly depth: number;
    readonly isLeader: boolean;
    readonly phases: ReadonlyMap<string, number>;
  }): string {
    const name = 'emissary_operator_reconcile_seconds';
    return [
      '# HELP emissary_operator_leader Whether this operator works.',
      '# TYPE emissary_operator_leader gauge',
      `emissary_operator_leader ${of.isLeader ? 1 : 0}`,
      '# HELP emissary_operator_queue_depth Jobs that wait to be worked on.',
      '# TYPE emissary_operator_queue_depth gauge',
      `emissary_operator_queue_depth ${of.depth}`,
      '# HELP emissary_operator_reconcile_errors_total Work that failed and is repeated.',
      '# TYPE emissary_operator_reconcile_errors_total counter',
      `emissary_operator_reconcile_errors_total ${this.#failures}`,
      `# HELP ${name} How long one job was worked on.`,
      `# TYPE ${name} histogram`,
      ...this.#buckets.map((bound, index) => `${name}_bucket{le="${bound}"} ${this.#inBucket[index]}`),
      `${name}_bucket{le="+Inf"} ${this.#count}`,
      `${name}_sum ${this.#seconds}`,
      `${name}_count ${this.#count}`,
      '# HELP emissary_operator_jobs Jobs by phase.',
      '# TYPE emissary_operator_jobs gauge',
      ...[...of.phases].map(([phase, count]) => `emissary_operator_jobs{phase="${phase}"} ${count}`),
      '',
    ].join('\n');
  }
}
