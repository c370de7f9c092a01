import type { PageModel } from './page-model.ts';
import { readPage } from './read-page.ts';
import type { RunHere } from './run-here.ts';

/** A run that is looked at while it goes on. Its launcher may remove its files at its end: what was seen last stays. */
export class SeenRun {
  readonly #run: RunHere;
  readonly #title: string | null;
  #last: PageModel | null = null;

  constructor(run: RunHere, title: string | null) {
    this.#run = run;
    this.#title = title;
  }

  async model(): Promise<PageModel> {
    const before = this.#run.launched();
    if (before === null || before.stage !== 'ended' || before.kept) {
      const { model } = await readPage(this.#run, this.#title);
      // Its end may have come while it was read.
      const after = this.#run.launched();
      if (after === null || after.stage !== 'ended' || after.kept) {
        this.#last = model;
        return model;
      }
      this.#last ??= model;
    }
    return this.#concluded();
  }

  /** What was seen last, with the end that its launcher has recorded. */
  async #concluded(): Promise<PageModel> {
    const last = this.#last ?? (await readPage(this.#run, this.#title)).model;
    const end = this.#run.launched();
    if (end === null) return last;
    const finishedAt = last.finishedAt ?? (Date.parse(end.endedAt ?? '') || null);
    const verdict = (end.verdict ?? last.verdict) as PageModel['verdict'];
    return {
      ...last,
      verdict,
      exitCode: end.exitCode,
      message: end.message,
      finishedAt,
      containers: last.containers.map((each) =>
        each.verdict === 'running' || each.verdict === 'waiting'
          ? { ...each, verdict, exitCode: end.exitCode }
          : each,
      ),
    };
  }
}
