import { Fault } from '../../base/fault.ts';
import { jsonProblem } from '../../base/json-problem.ts';
import { applicationSchema, type RawApplication } from './application-schema.ts';
import { localized } from './localized.ts';

/** One variable of an application's configuration. */
export interface ApplicationVariable {
  readonly name: string;
  readonly type: RawApplication['environment'][string]['type'];
  readonly required: boolean;
  /** As text; null = none. */
  readonly defaultValue: string | null;
  /** Its value must not be shown. */
  readonly secret: boolean;
}

/** One or more files that the application produces. */
export interface ApplicationArtifact {
  readonly name: string;
  /** Absolute, or a regular expression on file names. */
  readonly path: string;
  /** A human-readable description; null = none. */
  readonly description: string | null;
}

/** A MultiFlexi application, as far as a pod depends on it. */
export interface Application {
  readonly name: string;
  readonly executable: string;
  /** Arguments that may contain `{VARIABLE}` or `${VARIABLE}`. */
  readonly parameters: string;
  /** Null if the definition has none. */
  readonly image: string | null;
  readonly variables: readonly ApplicationVariable[];
  readonly artifacts: readonly ApplicationArtifact[];
  /** A file or directory of the job, absolute or relative to its directory; or null. */
  readonly outputPath: string | null;
  /** The Helm chart that is installed before its pod; null: none. */
  readonly chart: string | null;
}

/**
 * Parses a `*.multiflexi.app.json`.
 *
 * @param language of its human-readable texts
 * @throws Fault `usage` that names every missing or invalid field
 */
export function parseApplication(text: string, language: string): Application {
  const checked = applicationSchema.safeParse(withObjects(parseJson(text)));
  if (!checked.success) {
    const found = checked.error.issues.map(
      ({ path, message }) => `${path.join('.') || '(the document)'}: ${message}`,
    );
    throw new Fault('usage', `Invalid application definition: ${found.join('; ')}`);
  }
  const raw = checked.data;
  return {
    name: localized(raw.name, 'en') ?? '',
    executable: raw.executable,
    parameters: raw.cmdparamsTemplate ?? raw.cmdparams ?? '',
    image: raw.ociimage || null,
    variables: Object.entries(raw.environment).map(
      ([name, { type, required, defval, secret, redactable }]) => ({
        name,
        type,
        required,
        secret: type === 'password' || secret === true || redactable === true,
        defaultValue: defval === undefined || defval === null || defval === '' ? null : String(defval),
      }),
    ),
    artifacts: [
      ...raw.artifacts.map(({ name, path, description }) => ({
        name: localized(name, 'en') ?? '',
        path,
        description: localized(description, language),
      })),
      ...Object.entries(raw.produces ?? {}).flatMap(([name, { patterns, description }]) =>
        (patterns ?? []).map((path) => ({ name, path, description: localized(description, language) })),
      ),
    ],
    outputPath: raw.kubernetes?.artifacts?.outputPath || null,
    chart: raw.kubernetes?.helm?.enabled === false ? null : raw.kubernetes?.helm?.chart || null,
  };
}

/** PHP encodes an object without keys as an empty list. */
function withObjects(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      key !== 'artifacts' && Array.isArray(each) && each.length === 0 ? {} : each,
    ]),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const problem = jsonProblem(text, cause);
    throw new Fault('usage', `Cannot read the application definition: not valid JSON (${problem})`);
  }
}
