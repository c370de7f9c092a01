import { isAbsolute, normalize } from 'node:path';
import * as z from 'zod/mini';
import { Fault } from '../base/fault.ts';
import type { ArchiveStrategy, InputArtifact, InputSource, OutputArtifact, Template } from './template.ts';

const absolutePath = z
  .string()
  .check(z.refine((path) => isAbsolute(path) && !path.includes('\0'), 'must be an absolute path'))
  .check(z.refine((path) => !path.split('/').includes('..'), 'must not contain ".."'));
const containerName = z
  .string()
  .check(z.regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a DNS label'));
const wholeNumber = z.int().check(z.nonnegative());

const archive = z.object({
  tar: z.optional(z.object({ compressionLevel: z.optional(z.nullable(z.int().check(z.gte(0), z.lte(9)))) })),
  zip: z.optional(z.object({})),
  none: z.optional(z.object({})),
  zstd: z.optional(z.object({ level: z.optional(z.int().check(z.gte(1), z.lte(19))) })),
});

const inputArtifact = z.object({
  name: z.string(),
  path: absolutePath,
  optional: z.optional(z.boolean()),
  mode: z.optional(z.nullable(z.int().check(z.gte(0), z.lte(0o7777)))),
  archive: z.optional(z.nullable(archive)),
  raw: z.optional(z.object({ data: z.string() })),
  rawBase64: z.optional(z.union([z.string(), z.object({ data: z.string() })])),
  file: z.optional(z.union([absolutePath, z.object({ path: absolutePath })])),
  http: z.optional(
    z.object({
      url: z
        .string()
        .check(z.refine((url) => /^https?:\/\//.test(url) && URL.canParse(url), 'must be an http(s) URL')),
      sha256: z.optional(z.string().check(z.regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits'))),
    }),
  ),
});

const outputArtifact = z.object({
  name: z.string(),
  path: absolutePath,
  optional: z.optional(z.boolean()),
  archive: z.optional(z.nullable(archive)),
});

const outputParameter = z.object({
  name: z.string(),
  valueFrom: z.object({ path: absolutePath, default: z.optional(z.string()) }),
});

const retryStrategy = z.object({
  retries: z.optional(
    z.union([wholeNumber, z.string().check(z.regex(/^[0-9]{1,9}$/, 'must be a whole number'))]),
  ),
  duration: z.optional(
    z
      .string()
      .check(
        z.refine((text) => durationSeconds(text) !== null, 'must be a duration like "5", "30s" or "2m"'),
      ),
  ),
});

const regularExpression = z.string().check(z.refine(isRegularExpression, 'must be a regular expression'));

const schema = z.object({
  inputs: z.optional(z.nullable(z.object({ artifacts: z.optional(z.nullable(z.array(inputArtifact))) }))),
  script: z.optional(z.nullable(z.object({ source: z.string() }))),
  outputs: z.optional(
    z.nullable(
      z.object({
        parameters: z.optional(z.nullable(z.array(outputParameter))),
        artifacts: z.optional(z.nullable(z.array(outputArtifact))),
      }),
    ),
  ),
  volumeMounts: z.optional(z.nullable(z.array(z.object({ mountPath: absolutePath })))),
  containerSet: z.optional(
    z.nullable(
      z.object({
        containers: z.optional(
          z.array(
            z.object({ name: containerName, dependencies: z.optional(z.nullable(z.array(z.string()))) }),
          ),
        ),
        retryStrategy: z.optional(z.nullable(retryStrategy)),
      }),
    ),
  ),
  sidecars: z.optional(z.nullable(z.array(z.object({ name: containerName })))),
  multiflexi: z.optional(
    z.nullable(
      z.object({
        jobId: z.optional(z.union([z.string(), wholeNumber])),
        resultFile: z.optional(absolutePath),
        artifactPatterns: z.optional(z.array(regularExpression)),
        artifactDirectory: z.optional(absolutePath),
        limits: z.optional(z.record(z.string(), wholeNumber)),
      }),
    ),
  ),
});

/**
 * Checks a parsed template and fills in its defaults.
 * Source of the shape: Argo's `Template`, https://argo-workflows.readthedocs.io/en/latest/fields/#template.
 *
 * @throws Fault `template`, naming the path of the first key that is wrong (`outputs.artifacts[0].path: …`)
 */
export function checkTemplate(value: unknown, origin: string): Template {
  const checked = schema.safeParse(value);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const where = issue === undefined ? '' : keyPath(issue.path);
    throw new Fault('template', `Invalid template ${origin}: ${where}: ${issue?.message ?? 'not valid'}`);
  }
  return toTemplate(checked.data, origin);
}

function keyPath(path: readonly PropertyKey[]): string {
  const text = path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
  return text === '' ? '(the whole)' : text;
}

function toTemplate(raw: z.output<typeof schema>, origin: string): Template {
  const set = raw.containerSet ?? null;
  const containers = set?.containers?.map(({ name, dependencies }) => ({
    name,
    dependencies: dependencies ?? [],
  }));
  checkContainers(containers ?? [], origin);
  return {
    inputs: (raw.inputs?.artifacts ?? []).map((input, index) => toInput(input, index, origin)),
    script: raw.script?.source ?? null,
    parameters: (raw.outputs?.parameters ?? []).map(({ name, valueFrom }) => ({
      name,
      path: normalize(valueFrom.path),
      default: valueFrom.default ?? null,
    })),
    artifacts: (raw.outputs?.artifacts ?? []).map((artifact, index) => toArtifact(artifact, index, origin)),
    volumeMounts: (raw.volumeMounts ?? []).map((mount) => normalize(mount.mountPath)),
    containers: containers ?? null,
    retry: {
      attempts: Math.max(1, Number(set?.retryStrategy?.retries ?? 0)),
      delaySeconds: durationSeconds(set?.retryStrategy?.duration ?? '0') ?? 0,
    },
    sidecars: (raw.sidecars ?? []).map((sidecar) => sidecar.name),
    multiflexi: {
      jobId: raw.multiflexi?.jobId === undefined ? null : String(raw.multiflexi.jobId),
      resultFile: raw.multiflexi?.resultFile ?? null,
      artifactPatterns: raw.multiflexi?.artifactPatterns ?? [],
      artifactDirectory: raw.multiflexi?.artifactDirectory ?? null,
      limits: raw.multiflexi?.limits ?? {},
    },
  };
}

function toArtifact(raw: z.output<typeof outputArtifact>, index: number, origin: string): OutputArtifact {
  return {
    name: raw.name,
    path: withoutTrailingSlash(raw.path),
    optional: raw.optional ?? false,
    archive: toStrategy(raw.archive ?? {}, `${origin}: outputs.artifacts[${index}].archive`),
  };
}

function toStrategy(raw: z.output<typeof archive>, where: string): ArchiveStrategy {
  const named = Object.keys(raw);
  if (named.length > 1) {
    throw new Fault(
      'template',
      `Invalid template ${where}: one strategy is wanted, found ${named.join(' and ')}`,
    );
  }
  if (raw.zip !== undefined) return { kind: 'zip' };
  if (raw.none !== undefined) return { kind: 'none' };
  if (raw.zstd !== undefined) return { kind: 'zstd', level: raw.zstd.level ?? 3 };
  return { kind: 'tar', compressionLevel: raw.tar?.compressionLevel ?? 6 };
}

function toInput(raw: z.output<typeof inputArtifact>, index: number, origin: string): InputArtifact {
  const where = `${origin}: inputs.artifacts[${index}]`;
  const sources = sourcesOf(raw);
  const [source] = sources;
  if (source === undefined || sources.length > 1) {
    throw new Fault(
      'template',
      `Invalid template ${where}: exactly one of raw, rawBase64, file and http is wanted, found ${sources.length}`,
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

function sourcesOf(raw: z.output<typeof inputArtifact>): readonly InputSource[] {
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

function checkContainers(containers: NonNullable<Template['containers']>, origin: string): void {
  const names = new Set(containers.map((container) => container.name));
  for (const [index, { name, dependencies }] of containers.entries()) {
    const unknown = dependencies.find((dependency) => !names.has(dependency) || dependency === name);
    if (unknown !== undefined) {
      throw new Fault(
        'template',
        `Invalid template ${origin}: containerSet.containers[${index}].dependencies: ` +
          `"${unknown}" is not another container of the set`,
      );
    }
  }
}

function withoutTrailingSlash(path: string): string {
  const plain = normalize(path).replace(/\/+$/, '');
  return plain === '' ? '/' : plain;
}

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false; // The caller says what is wrong with the key.
  }
}

/** Argo's duration: a number of seconds, or Go's `2h45m30s`. Null when it is neither. */
function durationSeconds(text: string): number | null {
  if (/^[0-9]+$/.test(text)) return Number(text);
  const parts = /^(?:([0-9.]+)h)?(?:([0-9.]+)m)?(?:([0-9.]+)s)?$/.exec(text);
  if (text === '' || parts === null) return null;
  const [, hours = '0', minutes = '0', seconds = '0'] = parts;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}
