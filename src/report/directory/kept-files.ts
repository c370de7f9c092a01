import { limits } from '../../base/limits.ts';
import type { ContainerReport, JobReport } from '../../observe/job-report.ts';
import { StreamBounds } from '../../observe/stream-bounds.ts';

/** A file of the volume that is copied. */
export interface KeptFile {
  /** Relative to the volume. */
  readonly path: string;
  /** Bytes to copy at most: a job can make a file arbitrarily large. */
  readonly most: number;
}

/** The files to copy: the logs and records of a job's containers, and its outputs. */
export function keptFiles(report: JobReport, logLimit: number): readonly KeptFile[] {
  return report.containers.flatMap((container) => [
    ...recordsOf(container, logLimit),
    ...[...(container.result?.outputs.parameters ?? []), ...(container.result?.outputs.artifacts ?? [])].map(
      ({ file, bytes }) => ({ path: file, most: bytes }),
    ),
  ]);
}

function recordsOf({ name, result }: ContainerReport, logLimit: number): readonly KeptFile[] {
  const bounds = new StreamBounds(logLimit, () => result);
  const [stdout, stderr] = [bounds.of(name, 'stdout').bytes, bounds.of(name, 'stderr').bytes];
  const most = {
    stdout,
    stderr,
    timeline: limits.timelineBytes,
    combined: stdout + stderr,
    usage: limits.usageBytes,
    started: limits.startedBytes,
    'result.json': limits.resultBytes,
    exitcode: limits.exitCodeBytes,
  };
  return Object.entries(most).map(([file, bytes]) => ({ path: `ctr/${name}/${file}`, most: bytes }));
}
