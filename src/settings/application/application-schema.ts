import * as z from 'zod/mini';

const localized = z.union(
  [z.string(), z.record(z.string(), z.string())],
  'must be a text, or texts by language',
);
const variableTypes = [
  ...(['string', 'file-path', 'email', 'url', 'integer', 'float', 'bool'] as const),
  ...(['password', 'set', 'text'] as const),
] as const;

const text = z
  .string('must be a text')
  .check(z.refine((value) => !value.includes('\0'), 'must not contain the character NUL'));
const filled = text.check(z.minLength(1, 'must not be empty'));
const object = 'must be an object';

const defaultValue = z.nullable(
  z.union([text, z.number(), z.boolean()], 'must be a text, a number, true or false'),
);

const variable = z.object(
  {
    type: z._default(z.enum(variableTypes, `must be one of ${variableTypes.join(', ')}`), 'string'),
    defval: z.optional(defaultValue),
    required: z._default(z.boolean('must be true or false'), false),
    /** Two names for the same flag: the value is not shown. */
    secret: z.optional(z.nullable(z.boolean('must be true or false'))),
    redactable: z.optional(z.nullable(z.boolean('must be true or false'))),
  },
  'must be an object with type, defval, required',
);

/** What a container runtime accepts, including `BANKA+`. */
const variableName = z.string().check(z.regex(/^[!-<>-~]+$/));
const variables = z.record(variableName, variable, {
  error: ({ code }) =>
    code === 'invalid_key' ? 'must have a name of printable ASCII without =' : 'must be variables by name',
});

const artifact = z.object(
  {
    name: localized,
    /** Absolute, or a regular expression on file names. */
    path: filled,
    /** A text, or texts by language; anything else counts as none. */
    description: z.optional(z.unknown()),
  },
  'must be an object with name, path',
);

/**
 * MultiFlexi's application definition (schema 3.4.0, https://multiflexi.eu/schema/application.json), as far as a pod
 * depends on it. Other keys are ignored.
 */
export const applicationSchema = z.object(
  {
    name: localized,
    version: z.optional(text),
    executable: filled,
    /** The older name of `cmdparamsTemplate`. */
    cmdparams: z.optional(z.nullable(text)),
    cmdparamsTemplate: z.optional(z.nullable(text)),
    ociimage: z.optional(z.nullable(text.check(z.regex(/^([\w./:@-]+)?$/, 'must be an image (name:tag)')))),
    environment: z._default(variables, {}),
    artifacts: z._default(z.array(artifact, 'must be a list'), []),
    produces: z.optional(
      z.record(
        z.string(),
        z.object(
          {
            patterns: z.optional(z.array(text, 'must be a list of regular expressions')),
            description: z.optional(z.unknown()),
          },
          object,
        ),
        object,
      ),
    ),
    kubernetes: z.optional(
      z.object(
        {
          helm: z.optional(
            z.object(
              {
                enabled: z.optional(z.boolean('must be true or false')),
                chart: z.optional(z.nullable(text)),
              },
              object,
            ),
          ),
          artifacts: z.optional(z.object({ outputPath: z.optional(z.nullable(text)) }, object)),
        },
        object,
      ),
    ),
  },
  object,
);

/** A definition of the right shape. */
export type RawApplication = z.output<typeof applicationSchema>;
