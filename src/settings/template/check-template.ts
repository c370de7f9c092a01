import { normalize } from 'node:path';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { checkContainers, checkMayFail, checkRoles } from './check-containers.ts';
import { durationSeconds } from './duration.ts';
import { explainIssue } from './explain-issue.ts';
import type {
  ArchiveStrategy,
  InputArtifact,
  InputSource,
  MultiflexiBlock,
  OutputArtifact,
  OutputParameter,
  Template,
} from './template.ts';
import {
  type RawArchive,
  type RawArtifact,
  type RawInput,
  type RawTemplate,
  templateSchema,
} from './template-schema.ts';

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
    inputs: (raw.inputs?.artifacts ?? []).map((input, index) => toInput(input, index, origin)),
    script: raw.script?.source ?? null,
    parameters,
    artifacts: (raw.outputs?.artifacts ?? []).map((artifact, index) => toArtifact(artifact, index, origin)),
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

function toArtifact(raw: RawArtifact, index: number, origin: string): OutputArtifact {
  return {
    name: raw.name,
    ...(raw.description != null && { description: raw.description }),
    path: withoutTrailingSlash(raw.path),
    optional: raw.optional ?? false,
    ...(raw.mask !== undefined && { mask: raw.mask }),
    archive: toStrategy(raw.archive ?? {}, `${origin}: outputs.artifacts[${index}].archive`),
  };
}

function toStrategy(raw: RawArchive, where: string): ArchiveStrategy {
  const named = Object.keys(raw);
  if (named.length > 1) {
    throw new Fault(
      'template',
      `Invalid template ${where}: must have one strategy, found ${named.join(' and ')}`,
    );
  }
  if (raw.zip !== undefined) return { kind: 'zip' };
  const xattrs = (raw.none ?? raw.zstd ?? raw.tar)?.xattrs === true;
  if (raw.none !== undefined) return { kind: 'none', xattrs };
  if (raw.zstd !== undefined) return { kind: 'zstd', level: raw.zstd.level ?? 3, xattrs };
  return { kind: 'tar', compressionLevel: raw.tar?.compressionLevel ?? 6, xattrs };
}

function toInput(raw: RawInput, index: number, origin: string): InputArtifact {
  const where = `${origin}: inputs.artifacts[${index}]`;
  const sources = sourcesOf(raw);
  const [source] = sources;
  if (source === undefined || sources.length > 1) {
    throw new Fault(
      'template',
      `Invalid template ${where}: must have exactly one of raw, rawBase64, file and http, found ${sources.length}`,
    );
  }
  const kind = raw.archive == null ? null : toStrategy(raw.archive, `${where}.archive`).kind;
  if (kind === 'zstd') {
    throw new Fault('template', `Invalid template ${where}.archive: an input cannot be zstd`);
  }
  return {
    name: raw.name,
    path: withoutTrailingSlash(raw.path),
    optional: raw.optional ?? false,
    mode: raw.mode ?? null,
    archive: kind,
    source,
  };
}

function sourcesOf(raw: RawInput): readonly InputSource[] {
  const sources: InputSource[] = [];
  if (raw.raw !== undefined) sources.push({ kind: 'text', data: raw.raw.data });
  if (raw.rawBase64 !== undefined) {
    sources.push({
      kind: 'base64',
      data: typeof raw.rawBase64 === 'string' ? raw.rawBase64 : raw.rawBase64.data,
    });
  }
  if (raw.file !== undefined) {
    sources.push({ kind: 'file', file: typeof raw.file === 'string' ? raw.file : raw.file.path });
  }
  if (raw.http !== undefined)
    sources.push({ kind: 'http', url: raw.http.url, sha256: raw.http.sha256 ?? null });
  return sources;
}

function withoutTrailingSlash(path: string): string {
  const plain = normalize(path).replace(/\/+$/, '');
  return plain === '' ? '/' : plain;
}
