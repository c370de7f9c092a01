/** A file of a job's results. */
export interface ResultFile {
  /** Null: it is of the whole job. */
  readonly container: string | null;
  /** As on the volume: `ctr/main/stdout`, `outputs/artifacts/report.tgz`, `report.json`. */
  readonly path: string;
}

/** The key of a file's object, exactly: nothing in it is encoded. @param template as of `ResultsStore` */
export function resultKey(template: string, jobId: number, { container, path }: ResultFile): string {
  const own = `ctr/${container}/`;
  const values: Readonly<Record<string, string>> = {
    '{job}': String(jobId),
    '{container}': container ?? '',
    '{file}': path.startsWith(own) ? path.slice(own.length) : path,
    '{path}': path,
  };
  // A place without a value leaves no empty part behind.
  const parts = template.split('/').filter((part) => part !== '{container}' || container !== null);
  return parts.join('/').replace(/\{\w+\}/g, (place) => values[place] ?? place);
}

/** What the keys of all files of a job, and of few others, begin with; null: those of all jobs begin alike. */
export function resultPrefix(template: string, jobId: number): string | null {
  const [before = '', ...rest] = template.split('{job}');
  if (rest.length === 0 || before.includes('{')) return null;
  const withJob = [before, ...rest].join(String(jobId));
  return withJob.slice(0, withJob.indexOf('{'));
}
