import { isAbsolute } from 'node:path';
import * as z from 'zod/mini';
import { limits } from '../../base/limits.ts';
import { containerNamePattern } from '../../contract/container-name.ts';
import { gitSchema, locationShape, repositorySchema } from './artifact-location-schema.ts';
import { durationSeconds } from './duration.ts';

const absolutePath = z
  .string()
  .check(z.refine(isAbsolute, 'must be an absolute path'))
  .check(z.refine((path) => !path.includes('\0'), 'must not contain NUL'))
  .check(z.refine((path) => !path.split('/').includes('..'), 'must not contain ".."'));
const containerName = z.string().check(z.regex(containerNamePattern, 'must be a DNS label'));
const containerLimit = z.refine(
  (list) => Array.isArray(list) && list.length <= limits.containers,
  `must not be more than ${limits.containers}`,
);
const wholeNumber = z.int().check(z.nonnegative());

const xattrs = z.optional(z.boolean());
const archive = z.object({
  tar: z.optional(
    z.object({ compressionLevel: z.optional(z.nullable(z.int().check(z.gte(0), z.lte(9)))), xattrs }),
  ),
  zip: z.optional(z.object({})),
  none: z.optional(z.object({ xattrs })),
  zstd: z.optional(z.object({ level: z.optional(z.int().check(z.gte(1), z.lte(19))), xattrs })),
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
  ...locationShape,
  git: z.optional(z.nullable(gitSchema)),
});

const outputArtifact = z.object({
  name: z.string(),
  description: z.optional(z.nullable(z.string())),
  path: absolutePath,
  optional: z.optional(z.boolean()),
  mask: z.optional(z.boolean()),
  archive: z.optional(z.nullable(archive)),
  ...locationShape,
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

const upTo = (max: number) => z.optional(z.int().check(z.nonnegative(), z.lte(max)));

/** Strict: a misspelt limit would be no limit. */
const ownLimits = z.strictObject({
  artifactBytes: z.optional(wholeNumber),
  inputBytes: upTo(limits.inputBytes),
  parameterBytes: upTo(limits.parameterBytes),
});

/**
 * The shape of a template as it is written: the subset of Argo's `Template`
 * (https://argo-workflows.readthedocs.io/en/latest/fields/#template) that the emissary supports, and its own block.
 */
export const templateSchema = z.object({
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
  artifactRepository: z.optional(z.nullable(repositorySchema)),
  volumeMounts: z.optional(z.nullable(z.array(z.object({ mountPath: absolutePath })))),
  containerSet: z.optional(
    z.nullable(
      z.object({
        containers: z.optional(
          z
            .array(
              z.object({ name: containerName, dependencies: z.optional(z.nullable(z.array(z.string()))) }),
            )
            .check(containerLimit),
        ),
        retryStrategy: z.optional(z.nullable(retryStrategy)),
      }),
    ),
  ),
  sidecars: z.optional(z.nullable(z.array(z.object({ name: containerName })).check(containerLimit))),
  multiflexi: z.optional(
    z.nullable(
      z.object({
        resultFile: z.optional(absolutePath),
        /** PHP regular expressions; an invalid one matches nothing. */
        artifactPatterns: z.optional(z.array(z.string())),
        artifactDescriptions: z.optional(z.nullable(z.record(z.string(), z.string()))),
        temporaryDirectory: z.optional(absolutePath),
        artifactDirectory: z.optional(absolutePath),
        traceparent: z.optional(z.string()),
        captureResult: z.optional(z.boolean()),
        limits: z.optional(z.nullable(ownLimits)),
        mayFail: z.optional(z.nullable(z.array(containerName).check(containerLimit))),
      }),
    ),
  ),
});

/** A template of the right shape, with optional keys still missing. */
export type RawTemplate = z.output<typeof templateSchema>;
/** The same for one input. */
export type RawInput = z.output<typeof inputArtifact>;
/** The same for one artifact. */
export type RawArtifact = z.output<typeof outputArtifact>;
/** The same for an archive strategy. */
export type RawArchive = z.output<typeof archive>;
