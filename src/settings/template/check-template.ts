import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import type { RawRepository } from './artifact-location-schema.ts';
import { checkContainers, checkMayFail, checkRoles } from './check-containers.ts';
import { durationSeconds } from './duration.ts';
import { explainIssue } from './explain-issue.ts';
import type { MultiflexiBlock, OutputArtifact, OutputParameter, Template } from './template.ts';
import { type RawArtifact, type RawTemplate, templateSchema } from './template-schema.ts';
import { toInput } from './to-input.ts';
import { toRemoteObject, toRepository } from './to-remote-object.ts';
import { toStrategy } from './to-strategy.ts';
import { withoutTrailingSlash } from './without-trailing-slash.ts';

/**
 * Checks a parsed template and fills in defaults.
 *
 * @throws Fault `template` with the path of the first invalid key (`outputs.artifacts[0].path: …`)
 */
export function checkTemplate(value: unknown, origin: string): Template {
  const checked = templateSchema.safeParse(value);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const problem =
      issue === undefined ? 'not valid' : `${keyPath(issue.path)}: ${explainIssue(issue, value)}`;
    throw new Fault('template', `Invalid template ${origin}: ${problem}`);
  }
  return toTemplate(checked.data, origin);
}

function keyPath(path: readonly PropertyKey[]): string {
  const text = path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
  return text === '' ? '(the document)' : text;
}

function toTemplate(raw: RawTemplate, origin: string): Template {
  const set = raw.containerSet ?? null;
  const containers = set?.containers?.map(({ name, dependencies }) => ({
    name,
    dependencies: dependencies ?? [],
  }));
  checkContainers(containers ?? [], origin);
  const sidecars = (raw.sidecars ?? []).map((sidecar) => sidecar.name);
  checkNames(raw, containers?.map(({ name }) => name) ?? null, sidecars, origin);
  const parameters = (raw.outputs?.parameters ?? []).map(({ name, valueFrom }) => ({
    name,
    path: withoutTrailingSlash(valueFrom.path),
    default: valueFrom.default ?? null,
  }));
  checkDefaults(parameters, origin);
  return {
    inputs: (raw.inputs?.artifacts ?? []).map((input, index) =>
      toInput(input, `${origin}: inputs.artifacts[${index}]`),
    ),
    script: raw.script?.source ?? null,
    parameters,
    artifacts: (raw.outputs?.artifacts ?? []).map((artifact, index) =>
      toArtifact(artifact, raw.artifactRepository ?? null, `${origin}: outputs.artifacts[${index}]`),
    ),
    artifactRepository: toRepository(raw.artifactRepository ?? null, `${origin}: artifactRepository`),
    volumeMounts: (raw.volumeMounts ?? []).map((mount) => withoutTrailingSlash(mount.mountPath)),
    containers: containers ?? null,
    retry: {
      attempts: Math.max(1, Number(set?.retryStrategy?.retries ?? 0)),
      delaySeconds: durationSeconds(set?.retryStrategy?.duration ?? '0') ?? 0,
    },
    sidecars,
    multiflexi: toMultiflexi(raw.multiflexi ?? {}, raw.script != null),
  };
}

function checkNames(
  raw: RawTemplate,
  containers: readonly string[] | null,
  sidecars: readonly string[],
  origin: string,
): void {
  const files = [raw.inputs?.artifacts, raw.outputs?.parameters, raw.outputs?.artifacts];
  const hasFiles = files.some((each) => (each?.length ?? 0) > 0);
  checkRoles(containers, sidecars, hasFiles, origin);
  checkMayFail(raw.multiflexi?.mayFail ?? [], [...(containers ?? ['main']), ...sidecars], origin);
}

/** Parameters with the same path share one file on the volume, which holds one value. */
function checkDefaults(parameters: readonly OutputParameter[], origin: string): void {
  const first = new Map<string, OutputParameter>();
  for (const [index, parameter] of parameters.entries()) {
    if (parameter.default === null) continue;
    const other = first.get(parameter.path) ?? parameter;
    if (other.default !== parameter.default) {
      const key = `outputs.parameters[${index}].valueFrom.default`;
      const problem = `parameter ${other.name} has the same path and another default`;
      throw new Fault('template', `Invalid template ${origin}: ${key}: ${problem}`);
    }
    first.set(parameter.path, other);
  }
}

function toMultiflexi(raw: NonNullable<RawTemplate['multiflexi']>, isScript: boolean): MultiflexiBlock {
  return {
    resultFile: raw.resultFile === undefined ? null : withoutTrailingSlash(raw.resultFile),
    artifactPatterns: raw.artifactPatterns ?? [],
    artifactDescriptions: raw.artifactDescriptions ?? {},
    artifactDirectory: raw.artifactDirectory ?? null,
    temporaryDirectory: raw.temporaryDirectory ?? null,
    traceparent: raw.traceparent ?? null,
    captureResult: raw.captureResult ?? isScript,
    mayFail: raw.mayFail ?? [],
    limits: {
      artifactBytes: raw.limits?.artifactBytes ?? null,
      inputBytes: raw.limits?.inputBytes ?? limits.inputBytes,
      parameterBytes: raw.limits?.parameterBytes ?? limits.parameterBytes,
    },
  };
}

function toArtifact(raw: RawArtifact, repository: RawRepository | null, where: string): OutputArtifact {
  const destination = toRemoteObject(raw, repository, where);
  return {
    name: raw.name,
    ...(raw.description != null && { description: raw.description }),
    path: withoutTrailingSlash(raw.path),
    optional: raw.optional ?? false,
    ...(raw.mask !== undefined && { mask: raw.mask }),
    archive: toStrategy(raw.archive ?? {}, `${where}.archive`),
    ...(destination !== null && { destination }),
  };
}
