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
  /** For people, and for the job's row. */
  readonly command: readonly [string, ...string[]];
  /** The arguments of `launch` that name the job: an application, or `--` and a command. */
  readonly operands: readonly string[];
  /** The template for `init`; null: the application has its own. */
  readonly template: object | null;
  /** Variables of the job besides the user's environment. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Where the job runs. */
export interface Place {
  readonly workspace: Workspace;
  /** Whether it is a container, with directories of its own. */
  readonly isContainer: boolean;
}

const folder = 'images/licence-audit';
const definitionFile = `${folder}/licence-audit.multiflexi.app.json`;

interface Definition {
  readonly name: { readonly en: string };
  readonly version: string;
  readonly executable: string;
  readonly ociimage: string;
}

/** The sample application: in its image it audits the lock file that is there. */
export function sampleJob(place: Place): JobKind {
  const definition = JSON.parse(readFileSync(definitionFile, 'utf8')) as Definition;
  const application = { ...definition, name: definition.name.en };
  if (!place.isContainer) return nativeSample(place.workspace, application);
  return {
    application,
    command: [definition.executable],
    operands: [definitionFile],
    template: null,
    variables: {},
  };
}

/** The same on this machine: an audit of this project's own lock file. */
function nativeSample(workspace: Workspace, application: Application): JobKind {
  const variables = variablesIn(workspace, 'licence-audit.json');
  const audit = [`${folder}/audit.ts`, '--lock', 'package-lock.json', '--output', workspace.work];
  // The runtime in this project's dependencies: the machine's own Node may be too old to run TypeScript.
  const node = 'node_modules/.bin/node';
  return {
    application,
    command: [node, ...audit],
    operands: ['--', node, ...audit],
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
export function ownCommand({ workspace, isContainer }: Place, command: readonly string[]): JobKind {
  const [file = '', ...args] = command;
  const variables = isContainer ? { RESULT_FILE: '/tmp/report.json' } : variablesIn(workspace, 'report.json');
  return {
    application: { name: 'Own command', version: '1', executable: file, ociimage: '' },
    command: [file, ...args],
    operands: ['--', file, ...args],
    variables,
    template: { multiflexi: { resultFile: variables.RESULT_FILE } },
  };
}

/** The report's file name becomes the name of the stored artifact. */
function variablesIn(workspace: Workspace, report: string) {
  return { RESULT_FILE: join(workspace.work, report), PROGRESS_FILE: workspace.progress };
}
