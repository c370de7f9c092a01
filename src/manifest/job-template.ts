import { isAbsolute, join, normalize } from 'node:path';
import type { ManifestSettings } from '../settings/manifest-settings.ts';
import { jobDirectory } from './job-variables.ts';

/**
 * The template for `init`: the application's artifacts with absolute paths are saved as such; the others are, as in
 * MultiFlexi, regular expressions on file names.
 */
export function jobTemplate(
  { application, jobId }: ManifestSettings,
  variables: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const directory = application.outputPath ?? (variables.get('MULTIFLEXI_TMP') || jobDirectory);
  const fixed = application.artifacts.filter(({ path }) => isAbsolute(path));
  const patterns = [
    ...application.artifacts.filter(({ path }) => !isAbsolute(path)).map(({ path }) => path),
    ...application.patterns,
  ];
  const result = variables.get('RESULT_FILE') || undefined;
  return {
    ...(fixed.length > 0 && {
      outputs: {
        artifacts: fixed.map(({ name, path }) => ({ name, path: normalize(path), optional: true })),
      },
    }),
    multiflexi: {
      ...(jobId !== null && { jobId }),
      ...(result !== undefined && {
        resultFile: absolute(result, variables.get('MULTIFLEXI_TMP') || jobDirectory),
      }),
      ...(patterns.length > 0 && { artifactPatterns: [...new Set(patterns)], artifactDirectory: directory }),
    },
  };
}

function absolute(path: string, directory: string): string {
  return isAbsolute(path) ? normalize(path) : join(directory, path);
}
