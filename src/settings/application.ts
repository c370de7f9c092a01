import { Fault } from '../base/fault.ts';
import { jsonProblem } from '../base/json-problem.ts';
import { applicationSchema, type RawApplication } from './application-schema.ts';

/** One variable of an application's configuration. */
export interface ApplicationVariable {
  readonly name: string;
  readonly type: RawApplication['environment'][string]['type'];
  readonly required: boolean;
  /** As text; null = none. */
  readonly defaultValue: string | null;
}

/** A MultiFlexi application, as far as a pod depends on it. */
export interface Application {
  readonly name: string;
  readonly executable: string;
  /** Words with `${VARIABLE}` in them. */
  readonly parameters: string;
  /** Null when the definition names none. */
  readonly image: string | null;
  readonly variables: readonly ApplicationVariable[];
  readonly artifacts: readonly { readonly name: string; readonly path: string }[];
  /** Regular expressions on file names. */
  readonly patterns: readonly string[];
  /** Where the files are that the patterns mean, or null. */
  readonly outputPath: string | null;
}

/**
 * Reads a `*.multiflexi.app.json`.
 * @throws Fault `usage` that names every field that is missing or wrong
 */
export function parseApplication(text: string): Application {
  const checked = applicationSchema.safeParse(parseJson(text));
  if (!checked.success) {
    const found = checked.error.issues.map(
      ({ path, message }) => `${path.join('.') || '(the whole)'}: ${message}`,
    );
    throw new Fault('usage', `Invalid application definition: ${found.join('; ')}`);
  }
  const raw = checked.data;
  return {
    name: inEnglish(raw.name),
    executable: raw.executable,
    parameters: raw.cmdparamsTemplate ?? raw.cmdparams ?? '',
    image: raw.ociimage || null,
    variables: Object.entries(raw.environment).map(([name, { type, required, defval }]) => ({
      name,
      type,
      required,
      defaultValue: defval === undefined || defval === null || defval === '' ? null : String(defval),
    })),
    artifacts: raw.artifacts.map(({ name, path }) => ({ name: inEnglish(name), path })),
    patterns: Object.values(raw.produces ?? {}).flatMap(({ patterns }) => patterns ?? []),
    outputPath: raw.kubernetes?.artifacts?.outputPath ?? null,
  };
}

function inEnglish(name: RawApplication['name']): string {
  return typeof name === 'string' ? name : (name['en'] ?? Object.values(name)[0] ?? '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const problem = jsonProblem(text, cause);
    throw new Fault('usage', `Cannot read the application definition: not valid JSON (${problem})`);
  }
}
