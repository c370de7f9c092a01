import type { JobReport } from '../observe/job-report.ts';
import type { OutputLine } from '../observe/line-packer.ts';

/** What was found of the output: bytes of each stream of a container, null where that cannot be told. */
export interface FoundOutput {
  bytesRead(name: string, stream: OutputLine['type']): number | null;
}

/**
 * Compares what was found of each stream with what its wrapper has counted: a log may have been removed, shortened, or
 * made unreadable since.
 * @returns a sentence about each difference
 */
export function missingOutput({ containers }: JobReport, output: FoundOutput): readonly string[] {
  return containers.flatMap(({ name, result }) =>
    (['stdout', 'stderr'] as const).flatMap((stream) => {
      const found = output.bytesRead(name, stream);
      const counted = result?.[stream].bytes ?? null;
      if (found === null || counted === null || found === counted) return [];
      return `${found} bytes of ${stream} of container ${name} were found, its wrapper has kept ${counted}`;
    }),
  );
}
