import { limits } from '../../base/limits.ts';
import type { ArtifactRepository, RemoteObject, SecretKey } from './remote-object.ts';

/** The source of a staged input. */
export type InputSource =
  | { readonly kind: 'text'; readonly data: string }
  | { readonly kind: 'base64'; readonly data: string }
  | { readonly kind: 'file'; readonly file: string }
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly sha256: string | null;
      /** As of a `RemoteObject`. */
      readonly secrets: Readonly<Record<string, SecretKey>>;
    }
  | { readonly kind: 'object'; readonly object: RemoteObject; readonly sha256: string | null }
  | ({ readonly kind: 'git' } & GitSource);

/** A checkout of a repository. */
export interface GitSource {
  /** As git takes it: `https://…`, `ssh://…`, `user@host:path`, `file://…`. */
  readonly repository: string;
  /** A branch, a tag or a full commit ID; null: what the repository's HEAD is. */
  readonly revision: string | null;
  /** Commits of history; null: all. */
  readonly depth: number | null;
  /** Fetches no other branch. */
  readonly singleBranch: boolean;
  readonly submodules: boolean;
  /** `EMISSARY_GIT_USER`, `EMISSARY_GIT_PASSWORD`, `EMISSARY_GIT_SSH_KEY`. */
  readonly secrets: Readonly<Record<string, SecretKey>>;
}

/** One input: what is at `path` in the main container before the job starts. */
export interface InputArtifact {
  readonly name: string;
  readonly path: string;
  readonly optional: boolean;
  /** Permission bits, or null for the default (0644; a script 0755). */
  readonly mode: number | null;
  /**
   * How the source is packed: `none` leaves an archive as it is, `tar` and `zip` unpack it, null detects it from its
   * bytes.
   */
  readonly archive: 'none' | 'tar' | 'zip' | null;
  readonly source: InputSource;
}

/** How an artifact is packed. */
export type ArchiveStrategy =
  | ({ readonly kind: 'tar'; readonly compressionLevel: number } & TarOptions)
  | { readonly kind: 'zip' }
  | ({ readonly kind: 'none' } & TarOptions)
  | ({ readonly kind: 'zstd'; readonly level: number } & TarOptions);

/** Options of all strategies that are based on tar. */
export interface TarOptions {
  /** Keep extended attributes, ACLs and capabilities. */
  readonly xattrs?: boolean;
}

/** One artifact to save after the job. */
export interface OutputArtifact {
  readonly name: string;
  /** A human-readable description for the report. */
  readonly description?: string;
  readonly path: string;
  readonly optional: boolean;
  /** Whether secrets in its text files are masked; default: as `run` is told. */
  readonly mask?: boolean;
  readonly archive: ArchiveStrategy;
  /** Where the reporter puts it; without: nowhere, or in the repository if there is one. */
  readonly destination?: RemoteObject;
}

/** One parameter to save after the job. */
export interface OutputParameter {
  readonly name: string;
  readonly path: string;
  /** The value if the file is missing; null = the file is required. */
  readonly default: string | null;
}

/** One container of a containerSet. */
export interface SetContainer {
  readonly name: string;
  readonly dependencies: readonly string[];
}

/** The limits of one template, in bytes; unset ones have the program's defaults. */
export interface TemplateLimits {
  /** One artifact as stored, packed; null = limited only by the volume. */
  readonly artifactBytes: number | null;
  /** One input, fetched or unpacked. */
  readonly inputBytes: number;
  /** One output parameter. */
  readonly parameterBytes: number;
}

/** This project's own block of the template. */
export interface MultiflexiBlock {
  readonly resultFile: string | null;
  readonly artifactPatterns: readonly string[];
  /** Descriptions of the files that a pattern matches, by pattern. */
  readonly artifactDescriptions: Readonly<Record<string, string>>;
  readonly artifactDirectory: string | null;
  /** A directory that is created for the job before it starts. */
  readonly temporaryDirectory: string | null;
  /** Whether the end of the job's standard output is its result. */
  readonly captureResult: boolean;
  /** The place in a trace that the job belongs to, or null. */
  readonly traceparent: string | null;
  readonly limits: TemplateLimits;
  /** Containers and user sidecars whose failure does not count. */
  readonly mayFail: readonly string[];
}

/** The template as the program uses it: every optional key has its default, every path is absolute. */
export interface Template {
  readonly inputs: readonly InputArtifact[];
  readonly script: string | null;
  readonly parameters: readonly OutputParameter[];
  readonly artifacts: readonly OutputArtifact[];
  /** Null: there is none. */
  readonly artifactRepository: ArtifactRepository | null;
  /** Mount points of volumes in the main container. */
  readonly volumeMounts: readonly string[];
  /** Null if the template has no containerSet: `main` is then the only main container. */
  readonly containers: readonly SetContainer[] | null;
  readonly retry: { readonly attempts: number; readonly delaySeconds: number };
  readonly sidecars: readonly string[];
  readonly multiflexi: MultiflexiBlock;
}

/** The template `{}`. */
export const emptyTemplate: Template = {
  inputs: [],
  script: null,
  parameters: [],
  artifacts: [],
  artifactRepository: null,
  volumeMounts: [],
  containers: null,
  retry: { attempts: 1, delaySeconds: 0 },
  sidecars: [],
  multiflexi: {
    resultFile: null,
    artifactPatterns: [],
    artifactDescriptions: {},
    artifactDirectory: null,
    temporaryDirectory: null,
    captureResult: false,
    traceparent: null,
    mayFail: [],
    limits: { artifactBytes: null, inputBytes: limits.inputBytes, parameterBytes: limits.parameterBytes },
  },
};

/** The names of the job's containers, in the template's order. */
export function mainContainers(template: Template): readonly string[] {
  return template.containers?.map((container) => container.name) ?? ['main'];
}
