import type { JobReport } from '../../observe/job-report.ts';
import { keptFiles } from '../directory/kept-files.ts';
import { contentTypeOf } from '../sql/content-type.ts';
import type { ResultFile } from './result-key.ts';

/** A file of the volume that becomes an object. */
export interface StoredFile extends ResultFile {
  /** Bytes to store at most. */
  readonly most: number;
  readonly type: string;
  /** As its wrapper recorded it; null: of one that the wrapper itself wrote. */
  readonly sha256: string | null;
}

/** Everything that is stored of a job but its report: the files of its containers, in the order of the report. */
export function resultFiles(report: JobReport, logLimit: number): readonly StoredFile[] {
  return report.containers.flatMap((container) => {
    const { parameters = [], artifacts = [] } = container.result?.outputs ?? {};
    const hashes = new Map([...parameters, ...artifacts].map(({ file, sha256 }) => [file, sha256]));
    return keptFiles({ ...report, containers: [container] }, logLimit).map(({ path, most }) => ({
      container: container.name,
      path,
      most,
      type: typeOf(path),
      sha256: hashes.get(path) ?? null,
    }));
  });
}

const texts = /^ctr\/[^/]+\/(?:stdout|stderr|combined|exitcode)$/;

function typeOf(path: string): string {
  return texts.test(path) ? 'text/plain; charset=utf-8' : contentTypeOf(path, false);
}
