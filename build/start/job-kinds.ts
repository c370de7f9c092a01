import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from './place.ts';

/** What MultiFlexi knows of an application. */
export interface Application {
  readonly name: string;
  readonly version: string;
  readonly executable: string;
  readonly ociimage: string;
}

/** A job that `npm start` can run. */
export interface JobKind {
  readonly application: Application;
  readonly command: readonly [string, ...string[]];
  /** The template for `init`. */
  readonly template: object;
  /** What the job's environment has besides the person's. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The sample application: an audit of this project's own lock file. */
export function sampleJob(place: Place): JobKind {
  const folder = 'images/licence-audit';
  const definition = JSON.parse(readFileSync(`${folder}/licence-audit.multiflexi.app.json`, 'utf8')) as {
    readonly name: { readonly en: string };
    readonly version: string;
    readonly executable: string;
    readonly ociimage: string;
  };
  const variables = variablesIn(place, 'licence-audit.json');
  return {
    application: { ...definition, name: definition.name.en },
    // The runtime that this project brings along: the machine's own Node may be too old to run TypeScript.
    command: [
      'node_modules/.bin/node',
      `${folder}/audit.ts`,
      '--lock',
      'package-lock.json',
      '--output',
      place.work,
    ],
    variables,
    template: {
      outputs: {
        parameters: [{ name: 'package-count', valueFrom: { path: join(place.work, 'package-count') } }],
        artifacts: [
          { name: 'csv', path: join(place.work, 'licences.csv'), archive: { none: {} } },
          { name: 'licences', path: join(place.work, 'licences') },
        ],
      },
      multiflexi: { resultFile: variables.RESULT_FILE },
    },
  };
}

/** The person's own command. What it writes to RESULT_FILE and PROGRESS_FILE is used if it does. */
export function ownCommand(place: Place, command: readonly string[]): JobKind {
  const [file = '', ...args] = command;
  const variables = variablesIn(place, 'report.json');
  return {
    application: { name: 'Own command', version: '1', executable: file, ociimage: '' },
    command: [file, ...args],
    variables,
    template: { multiflexi: { resultFile: variables.RESULT_FILE } },
  };
}

/** The report's name is what the stored artifact is called. */
function variablesIn(place: Place, report: string) {
  return { RESULT_FILE: join(place.work, report), PROGRESS_FILE: place.progress };
}
