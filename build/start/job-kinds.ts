import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workspace } from './workspace.ts';

/** What MultiFlexi knows about an application. */
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
  /** Variables of the job besides the user's environment. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The sample application: an audit of this project's own lock file. */
export function sampleJob(workspace: Workspace): JobKind {
  const folder = 'images/licence-audit';
  const definition = JSON.parse(readFileSync(`${folder}/licence-audit.multiflexi.app.json`, 'utf8')) as {
    readonly name: { readonly en: string };
    readonly version: string;
    readonly executable: string;
    readonly ociimage: string;
  };
  const variables = variablesIn(workspace, 'licence-audit.json');
  return {
    application: { ...definition, name: definition.name.en },
    // The runtime in this project's dependencies: the machine's own Node may be too old to run TypeScript.
    command: [
      'node_modules/.bin/node',
      `${folder}/audit.ts`,
      '--lock',
      'package-lock.json',
      '--output',
      workspace.work,
    ],
    variables,
    template: {
      outputs: {
        parameters: [{ name: 'package-count', valueFrom: { path: join(workspace.work, 'package-count') } }],
        artifacts: [
          { name: 'csv', path: join(workspace.work, 'licences.csv'), archive: { none: {} } },
          { name: 'licences', path: join(workspace.work, 'licences') },
        ],
      },
      multiflexi: { resultFile: variables.RESULT_FILE },
    },
  };
}

/** The user's own command. If it writes to RESULT_FILE and PROGRESS_FILE, they are used. */
export function ownCommand(workspace: Workspace, command: readonly string[]): JobKind {
  const [file = '', ...args] = command;
  const variables = variablesIn(workspace, 'report.json');
  return {
    application: { name: 'Own command', version: '1', executable: file, ociimage: '' },
    command: [file, ...args],
    variables,
    template: { multiflexi: { resultFile: variables.RESULT_FILE } },
  };
}

/** The report's file name becomes the name of the stored artifact. */
function variablesIn(workspace: Workspace, report: string) {
  return { RESULT_FILE: join(workspace.work, report), PROGRESS_FILE: workspace.progress };
}
