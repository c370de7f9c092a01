import type { JobReport } from '../observe/job-report.ts';
import type { OutputLine } from '../observe/line-packer.ts';

/** How much of the output was found: bytes of each stream of a container, null if unknown. */
export interface FoundOutput {
  bytesRead(name: string, stream: OutputLine['type']): number | null;
}

/**
 * Compares the found size of each stream with the wrapper's count: a log may have been removed, truncated, or made
 * unreadable since.
 * @returns a sentence about each difference
 */
export function missingOutput({ containers }: JobReport, output: FoundOutput): readonly string[] {
  return containers.flatMap(({ name, result }) =>
    (['stdout', 'stderr'] as const).flatMap((stream) => {
      const found = output.bytesRead(name, stream);
      const counted = result?.[stream].bytes ?? null;
      if (found === null || counted === null || found === counted) return [];
      return `Found ${found} bytes of ${stream} of container ${name}, but its wrapper wrote ${counted}`;
    }),
  );
}
