import * as z from 'zod/mini';

const text = z.optional(z.nullable(z.string()));
const flag = z.optional(z.nullable(z.boolean()));
const required = z.string().check(z.minLength(1, 'must not be empty'));
/** What Kubernetes takes (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/): the pod would not be made. */
const secretName = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** Its kubelet keeps files of its own at names with two dots. */
const secretKeyName = /^(?!\.$|\.\.)[A-Za-z0-9._-]{1,253}$/;

/** The names become parts of a path. */
const secretKey = z.optional(
  z.nullable(
    z.object({
      name: z.string().check(z.regex(secretName, 'must be the name of a Secret')),
      key: z.string().check(z.regex(secretKeyName, 'must be a key of a Secret')),
      optional: flag,
    }),
  ),
);

/** What an input must have; our own key. */
const sha256 = z.optional(z.string().check(z.regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits')));

const s3 = z.object({
  bucket: text,
  key: text,
  keyFormat: text,
  endpoint: text,
  region: text,
  insecure: flag,
  sha256,
  accessKeySecret: secretKey,
  secretKeySecret: secretKey,
  sessionTokenSecret: secretKey,
  encryptionOptions: z.optional(z.nullable(z.object({ enableEncryption: flag, kmsKeyId: text }))),
});

const gcs = z.object({
  bucket: text,
  key: text,
  keyFormat: text,
  endpoint: text,
  sha256,
  serviceAccountKeySecret: secretKey,
});

const azure = z.object({
  endpoint: text,
  container: text,
  blob: text,
  blobNameFormat: text,
  sha256,
  accountKeySecret: secretKey,
});

const http = z.object({
  url: z
    .string()
    .check(z.refine((url) => /^https?:\/\//i.test(url) && URL.canParse(url), 'must be an http(s) URL')),
  sha256,
  auth: z.optional(
    z.nullable(
      z.object({
        basicAuth: z.optional(z.nullable(z.object({ usernameSecret: secretKey, passwordSecret: secretKey }))),
      }),
    ),
  ),
});

/** The source of an input. */
export const gitSchema = z.object({
  repo: required,
  revision: text,
  branch: text,
  singleBranch: flag,
  depth: z.optional(z.nullable(z.int().check(z.positive()))),
  disableSubmodules: flag,
  usernameSecret: secretKey,
  passwordSecret: secretKey,
  sshPrivateKeySecret: secretKey,
});

/** Where an artifact is: Argo's keys, one of them. */
export const locationShape = {
  s3: z.optional(z.nullable(s3)),
  gcs: z.optional(z.nullable(gcs)),
  azure: z.optional(z.nullable(azure)),
  http: z.optional(z.nullable(http)),
} as const;
const location = z.object(locationShape);

/** Where outputs go that have no place of their own. */
export const repositorySchema = z.object({
  s3: locationShape.s3,
  gcs: locationShape.gcs,
  azure: locationShape.azure,
});

/** Where an artifact is, of the right shape. */
export type RawLocation = z.output<typeof location>;
/** The same for a repository of artifacts. */
export type RawRepository = z.output<typeof repositorySchema>;
/** The same for the source of an input. */
export type RawGit = z.output<typeof gitSchema>;
/** The same for a key of a Secret. */
export type RawSecretKey = NonNullable<z.output<typeof secretKey>>;
