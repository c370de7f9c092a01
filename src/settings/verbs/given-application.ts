import { Fault, reasonOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { type Application, parseApplication } from '../application/application.ts';
import type { CommandLine } from '../cli/command-line.ts';
import type { Environment } from '../cli/environment.ts';
import { readGiven } from '../cli/read-given.ts';

/**
 * Reads the definition of an application (`*.multiflexi.app.json`).
 *
 * @param language of its human-readable texts
 * @throws Fault `usage`
 */
export function readApplication(file: string, language: string): Application {
  let text: string;
  try {
    text = readGiven(file, limits.variablesFileBytes);
  } catch (cause) {
    throw new Fault('usage', `Cannot read the application definition: ${reasonOf(cause)}`, { cause });
  }
  return parseApplication(text, language);
}

/** The job's language: the job's own setting takes precedence over this program's. */
export function languageOf(
  line: CommandLine,
  variables: ReadonlyMap<string, string>,
  environment: Environment,
): string {
  const locale = ['LC_ALL', 'LC_MESSAGES', 'LANG'];
  const own = locale.map((name) => variables.get(name)).find((value) => value !== undefined && value !== '');
  return line.value('language') ?? own ?? environment.get(...locale) ?? 'en';
}
