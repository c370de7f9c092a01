import * as z from 'zod/mini';

const localized = z.union(
  [z.string(), z.record(z.string(), z.string())],
  'must be a text, or texts by language',
);
const variableTypes = [
  ...(['string', 'file-path', 'email', 'url', 'integer', 'float', 'bool'] as const),
  ...(['password', 'set', 'text'] as const),
] as const;

const variable = z.object({
  type: z._default(z.enum(variableTypes, `must be one of ${variableTypes.join(', ')}`), 'string'),
  defval: z.optional(z.unknown()),
  required: z._default(z.boolean('must be true or false'), false),
});

const text = z.string('must be a text');
const filled = text.check(z.minLength(1, 'must not be empty'));
const variableName = z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable'));

const artifact = z.object({
  name: localized,
  path: filled,
  type: text,
});

/**
 * MultiFlexi's application definition (schema 3.4.0, https://multiflexi.eu/schema/application.json), as far as a pod
 * depends on it. Other keys are ignored.
 */
export const applicationSchema = z.object({
  name: localized,
  version: z.optional(text),
  executable: filled,
  /** The older name of `cmdparamsTemplate`. */
  cmdparams: z.optional(z.nullable(text)),
  cmdparamsTemplate: z.optional(z.nullable(text)),
  ociimage: z.optional(z.nullable(text.check(z.regex(/^([\w./:@-]+)?$/, 'must be an image (name:tag)')))),
  environment: z._default(z.record(variableName, variable, 'must be variables by name'), {}),
  artifacts: z._default(z.array(artifact, 'must be a list'), []),
  produces: z.optional(
    z.record(
      z.string(),
      z.object({ patterns: z.optional(z.array(text, 'must be a list of regular expressions')) }),
    ),
  ),
  kubernetes: z.optional(
    z.object({
      helm: z.optional(z.object({ enabled: z.optional(z.boolean('must be true or false')) })),
      artifacts: z.optional(
        z.object({ outputPath: z.optional(text.check(z.startsWith('/', 'must be absolute'))) }),
      ),
    }),
  ),
});

/** A definition that has the right shape. */
export type RawApplication = z.output<typeof applicationSchema>;
