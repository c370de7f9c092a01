import { closeSync, constants, copyFileSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../../base/fault.ts';
import type { Volume } from '../../contract/volume.ts';
import type { JobReport } from '../../observe/job-report.ts';

/** Which of the job's files go where. */
export interface Wanted {
  /** The path of its report (RESULT_FILE) in the job; null: it has none. */
  readonly resultFile: string | null;
  readonly copyReport: string | null;
  readonly collect: string | null;
}

/**
 * Copies the job's report and the files that its patterns name from the volume. A file that cannot be copied costs no
 * result: it is told.
 *
 * @returns sentences about what is missing
 */
export function takeResults(volume: Volume, report: JobReport | null, wanted: Wanted): readonly string[] {
  const artifacts = report?.containers.flatMap(({ result }) => result?.outputs.artifacts ?? []) ?? [];
  const problems: string[] = [];
  const copy = (file: string, to: string) => {
    const problem = copyOut(volume, file, to);
    if (problem !== null) problems.push(problem);
  };
  for (const { name, archive, path, file } of artifacts) {
    const isReport = name === 'resultFile' || path === wanted.resultFile;
    if (isReport && wanted.copyReport !== null) copy(file, wanted.copyReport);
    if (archive === 'none' && wanted.collect !== null) copy(file, join(wanted.collect, basename(path)));
  }
  return problems;
}

function copyOut(volume: Volume, file: string, to: string): string | null {
  // The record may be forged: `openFile` walks without following links, and only below the root.
  const opened = file.startsWith('outputs/') ? volume.openFile(file) : null;
  if (opened === null || 'kind' in opened)
    return `Cannot copy ${file} to ${to}: it is not a file of the outputs`;
  try {
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(`/proc/self/fd/${opened.descriptor}`, to, constants.COPYFILE_FICLONE);
    return null;
  } catch (error) {
    return `Cannot copy ${file} to ${to}: ${messageOf(error)}`;
  } finally {
    closeSync(opened.descriptor);
  }
}
