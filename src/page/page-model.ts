/** What a page shows of a run: data only, and each text of it may be hostile. Times are ms since 1970, sizes are bytes. */
export interface PageModel {
  readonly title: string;
  /** The job's ID in MultiFlexi, or null. */
  readonly jobId: number | null;
  /** In one word: how it ended, or that it has not. */
  readonly verdict: PageVerdict;
  readonly exitCode: number | null;
  /** One sentence; null where there is nothing to say. */
  readonly message: string | null;
  /** Who ended it and why: one sentence. */
  readonly endedBy: string | null;
  /** Of what has failed: the last that it wrote to its standard error; null: nothing, or it has not failed. */
  readonly lastWords: string | null;
  /** How often it was tried; at least once. */
  readonly attempts: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** When the page was made. */
  readonly madeAt: number;
  readonly phases: readonly PagePhase[];
  readonly containers: readonly PageContainer[];
  readonly outputs: readonly PageOutput[];
  /** Outputs that are missing, or were saved in part: one sentence each. */
  readonly complaints: readonly string[];
  /** The job's own report, as JSON; null: it has none. */
  readonly report: string | null;
}

/** How a run, or a container, ended; the last two have not ended. */
export type PageVerdict =
  | 'succeeded'
  | 'failed'
  | 'terminated'
  | 'timedOut'
  | 'skipped'
  | 'error'
  | 'lost'
  | 'running'
  | 'waiting';

/** A part of the run's time. */
export interface PagePhase {
  readonly name: string;
  /** Whose it is; null: the whole run's. */
  readonly container: string | null;
  readonly from: number;
  /** Null: it lasts. */
  readonly until: number | null;
}

/** One start of a container's command. */
export interface PageAttempt {
  readonly from: number;
  readonly until: number;
  readonly exitCode: number;
  readonly signal: string | null;
}

/** One container of the run. */
export interface PageContainer {
  readonly name: string;
  readonly verdict: PageVerdict;
  readonly exitCode: number | null;
  readonly message: string | null;
  readonly command: readonly string[];
  readonly attempts: readonly PageAttempt[];
  readonly userSeconds: number | null;
  readonly systemSeconds: number | null;
  readonly maxRssBytes: number | null;
  readonly logs: readonly PageLog[];
  /** What it used over time, a point each; empty: unknown. */
  readonly usage: readonly PageUsage[];
  /** What is left out of its logs on this page: one sentence, or null. */
  readonly shortened: string | null;
}

/** A point of a container's usage. */
export interface PageUsage {
  readonly time: number;
  /** Processors that were busy since the last point. */
  readonly processors: number;
  readonly memoryBytes: number;
}

/** A file of a container's log that is part of the page. */
export interface PageLog {
  readonly kind: 'timeline' | 'stdout' | 'stderr';
  /** How many bytes of it the page has. */
  readonly bytes: number;
}

/** A saved output. */
export interface PageOutput {
  readonly kind: 'parameter' | 'artifact';
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** Null: unknown. */
  readonly sha256: string | null;
  readonly preview: PagePreview;
}

/** What can be seen of an output. */
export type PagePreview =
  | { readonly kind: 'none'; readonly reason: string }
  | { readonly kind: 'text' | 'json' | 'csv'; readonly text: string; readonly isWhole: boolean }
  | { readonly kind: 'picture'; readonly type: string; readonly base64: string }
  | { readonly kind: 'archive'; readonly entries: readonly PageEntry[]; readonly isWhole: boolean };

/** A file in an archive. */
export interface PageEntry {
  readonly name: string;
  readonly bytes: number;
}
