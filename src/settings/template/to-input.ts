import { Fault } from '../../base/fault.ts';
import type { RawGit } from './artifact-location-schema.ts';
import type { InputArtifact, InputSource } from './template.ts';
import type { RawInput } from './template-schema.ts';
import { secretsOf, toRemoteObject } from './to-remote-object.ts';
import { toStrategy } from './to-strategy.ts';
import { withoutTrailingSlash } from './without-trailing-slash.ts';

/** One input with its defaults. @param where of messages @throws Fault `template` */
export function toInput(raw: RawInput, where: string): InputArtifact {
  const sources = sourcesOf(raw, where);
  const [source] = sources;
  if (source === undefined || sources.length > 1) {
    throw new Fault(
      'template',
      `Invalid template ${where}: must have exactly one of raw, rawBase64, file, http, s3, gcs, azure and git, found ${sources.length}`,
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

function sourcesOf(raw: RawInput, where: string): readonly InputSource[] {
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
  for (const kind of ['http', 's3', 'gcs', 'azure'] as const) {
    const object = toRemoteObject({ [kind]: raw[kind] }, null, where);
    if (object === null) continue;
    const { store: url, secrets } = object;
    const sha256 = raw[kind]?.sha256 ?? null;
    sources.push(kind === 'http' ? { kind, url, sha256, secrets } : { kind: 'object', object, sha256 });
  }
  if (raw.git != null) sources.push(toGit(raw.git));
  return sources;
}

function toGit(raw: RawGit): InputSource {
  const { repo, revision, branch, depth, singleBranch, disableSubmodules } = raw;
  const { usernameSecret, passwordSecret, sshPrivateKeySecret } = raw;
  return {
    kind: 'git',
    repository: repo,
    revision: revision ?? branch ?? null,
    depth: depth ?? null,
    singleBranch: singleBranch ?? false,
    submodules: disableSubmodules === false,
    ...secretsOf({
      EMISSARY_GIT_USER: usernameSecret,
      EMISSARY_GIT_PASSWORD: passwordSecret,
      EMISSARY_GIT_SSH_KEY: sshPrivateKeySecret,
    }),
  };
}
