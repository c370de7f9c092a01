import { basename, dirname, isAbsolute, normalize } from 'node:path';
import { log } from '../base/log.ts';
import type { Application, ApplicationArtifact } from '../settings/application/application.ts';
import { phpPattern } from '../settings/template/php-pattern.ts';
import { type FileSource, fileInputs } from './file-inputs.ts';
import { absolute, type JobVariables } from './job-variables.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { addToPod } from './pod-template.ts';

/** The template for `init`. */
export interface JobTemplate {
  readonly template: Readonly<Record<string, unknown>>;
  /** Whether it contains secrets, or may, and so belongs in a Secret. */
  readonly inSecret: boolean;
}

/**
 * Builds it from the application's outputs, after expanding their macros: artifacts with absolute paths are saved as
 * they are; the others are regular expressions on file names, as in MultiFlexi.
 *
 * @param files how it gets the files that variables name
 */
export function jobTemplate(
  settings: {
    readonly application: Application;
    readonly variables: ReadonlyMap<string, string>;
    /** What else is in the template; what the application has itself stays. */
    readonly more?: KubernetesObject | null;
  },
  variables: JobVariables,
  files: FileSource,
): JobTemplate {
  const { application, more = null } = settings;
  let inSecret = false;
  const expanded = (text: string, where: string) => {
    const { text: found, used } = variables.macros.expand(text, where);
    inSecret ||= [...used].some((name) => variables.secret.has(name));
    return found;
  };
  const artifacts = application.artifacts.map((artifact) => ({
    ...artifact,
    path: expanded(artifact.path, `artifact ${artifact.name}`),
  }));
  const output = expanded(application.outputPath ?? '', 'outputPath');
  const result = expanded('{RESULT_FILE}', 'RESULT_FILE');
  const resultFile =
    result === '' || result === '{RESULT_FILE}' ? null : absolute(result, variables.directory);
  const place = placeOf(output, variables.directory, resultFile);
  const fixed = [...artifacts.filter(({ path }) => isAbsolute(path)).map(fixedArtifact), ...place.files];
  const patterns = artifacts.filter(({ path }) => !isAbsolute(path));
  warnOfHopeless(patterns);
  const values = new Map([...variables.plain, ...variables.secret]);
  const inputs = fileInputs(application, values, new Set(settings.variables.keys()), files);
  const template = {
    ...(inputs.length > 0 && { inputs: { artifacts: inputs } }),
    ...(fixed.length > 0 && { outputs: { artifacts: fixed } }),
    multiflexi: {
      temporaryDirectory: variables.directory,
      ...(resultFile !== null && { resultFile }),
      ...(patterns.length > 0 && patternKeys(patterns, place.directory)),
    },
  };
  const directory = variables.macros.expand('{MULTIFLEXI_TMP}', 'MULTIFLEXI_TMP');
  return {
    template: more === null ? template : addToPod(template, more),
    // Addresses may have credentials.
    inSecret:
      more !== null ||
      inSecret ||
      inputs.length > 0 ||
      [...directory.used].some((name) => variables.secret.has(name)),
  };
}

function patternKeys(patterns: readonly ApplicationArtifact[], directory: string) {
  const described = patterns.flatMap(({ path, description }) =>
    description === null ? [] : [[path, description]],
  );
  return {
    artifactPatterns: [...new Set(patterns.map(({ path }) => path))],
    ...(described.length > 0 && { artifactDescriptions: Object.fromEntries(described) }),
    artifactDirectory: directory,
  };
}

function fixedArtifact({ name, path, description }: ApplicationArtifact) {
  return { name, ...(description !== null && { description }), path: normalize(path), optional: true };
}

/** The directory for patterns. `outputPath` may also be a file itself, if its name has an extension. */
function placeOf(output: string, directory: string, resultFile: string | null) {
  if (output === '') return { directory, files: [] };
  const path = absolute(output, directory).replace(/(.)\/+$/, '$1');
  const isFile =
    !output.endsWith('/') && (path === resultFile || /.\.[A-Za-z0-9]{1,8}$/.test(basename(path)));
  if (!isFile) return { directory: path, files: [] };
  const file = { name: 'outputPath', path, optional: true, archive: { none: {} } };
  return { directory: dirname(path), files: path === resultFile ? [] : [file] };
}

function warnOfHopeless(patterns: readonly ApplicationArtifact[]): void {
  for (const { name, path } of patterns)
    if (phpPattern(path) === null)
      log(`The pattern of artifact ${name} is not a valid regular expression and will match no file`);
}
