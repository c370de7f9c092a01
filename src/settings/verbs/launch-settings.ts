import { isUtf8 } from 'node:buffer';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import type { Application } from '../application/application.ts';
import { type CommandLine, readCommandLine, sourceOf } from '../cli/command-line.ts';
import type { Environment } from '../cli/environment.ts';
import type { Invocation } from '../cli/invocation.ts';
import { imageName, jobNumber, rootDirectory, secondsToMs } from '../cli/values.ts';
import { helpOf } from '../cli/verbs.ts';
import { maskEntries } from '../secret-names.ts';
import { type AzurePlace, azurePlaceOf } from './azure-place.ts';
import { type ChartSettings, chartSettings } from './chart-settings.ts';
import { languageOf, readApplication } from './given-application.ts';
import { givenVariables } from './given-variables.ts';
import { type KubernetesSettings, kubernetesSettings } from './kubernetes-settings.ts';
import { launchReport } from './launch-report.ts';
import { engineOptions, type LaunchResources, launchResources } from './launch-resources.ts';
import { type Pull, pullOf } from './pull.ts';
import { stateDirectory } from './state-directory.ts';

/** The engines. */
export const engines = ['native', 'docker', 'podman', 'kubernetes', 'azure'] as const;
/** One engine. */
export type EngineName = (typeof engines)[number];

/** How a pod is made: by the launcher, or by an operator; `auto`: by one where the cluster knows its resources. */
export const ways = ['pod', 'operator', 'auto'] as const;
/** One way to a pod. */
export type Way = (typeof ways)[number];

/** The settings of `launch`. */
export interface LaunchSettings {
  readonly engine: EngineName;
  readonly state: string;
  readonly jobId: number | null;
  /** A directory that becomes the volume and stays; null: one of our own. */
  readonly root: string | null;
  /** What runs: an application, or a command. */
  readonly application: Application | null;
  /** Empty: the image's own command. */
  readonly command: readonly string[];
  /** Null where the engine needs none. */
  readonly image: string | null;
  /** The template's file; it is added to that of an application. */
  readonly template: string | null;
  /** The variables of `--variables`. */
  readonly variables: ReadonlyMap<string, string>;
  readonly secretNames: readonly string[];
  readonly resources: LaunchResources;
  readonly engineOptions: ReadonlyMap<string, string>;
  readonly kubernetes: KubernetesSettings;
  readonly azure: AzurePlace;
  readonly via: Way;
  /** Null: none, or the engine is another one than Kubernetes. */
  readonly chart: ChartSettings | null;
  readonly pull: Pull;
  readonly keep: 'never' | 'failed' | 'always';
  /** What TERM does to the job; `leave`: nothing, and no other signal, either. */
  readonly onTerm: 'stop' | 'detach' | 'leave';
  readonly timeoutSeconds: string | null;
  readonly graceSeconds: string | null;
  readonly startTimeoutMs: number;
  /** How long a pod keeps its volume for a launcher that is gone; null: the default. */
  readonly holdSeconds: number | null;
  readonly copyReport: string | null;
  readonly collect: string | null;
  readonly quiet: boolean;
  readonly detach: boolean;
  /** The environment of a native job: that of the launcher, without credentials. */
  readonly nativeEnvironment: Readonly<Record<string, string>>;
  /** The reporter's; without destinations it reports to nobody. */
  readonly reporterEnvironment: Readonly<Record<string, string>>;
  /** Whether it reports to anybody. */
  readonly reports: boolean;
  /** The variables of a reporter beside the job, which reports instead of the one here; null: there is none. */
  readonly sidecar: ReadonlyMap<string, string> | null;
  /** The variables of stores' clients, for `init`, and for a reporter beside the job. */
  readonly storeVariables: Readonly<Record<string, string>>;
  /** The pod is printed, and nothing is made. */
  readonly dryRun: boolean;
}

/** @throws Fault `usage` */
export function launchSettings(invocation: Invocation, args: readonly Buffer[]): LaunchSettings {
  const { environment } = invocation;
  const line = readCommandLine('launch', args, environment);
  const from = (name: string) => sourceOf(name, args, environment);
  const choice = choices(line, from);
  const engine = choice('engine', engines);
  const via = viaOf(choice('via', ways), engine, from('via'));
  const variables = givenVariables(line.value('variables'), '--variables');
  const what = whatRuns(line, variables, environment);
  const options = engineOptions(line.value('engine-option'), from('engine-option'));
  const root = line.value('root');
  const jobText = line.value('job-id');
  const jobId = jobText === null ? null : jobNumber(jobText, from('job-id'));
  return {
    engine,
    state: stateDirectory(line, environment, from('state')),
    jobId,
    root: root === null ? null : rootDirectory(root, from('root')),
    ...what,
    image: imageOf(line, what.application, engine, from('image')),
    template: line.value('template'),
    variables,
    secretNames: maskEntries(line.value('secret-names') ?? ''),
    resources: launchResources(line, engine, from),
    engineOptions: new Map(options),
    kubernetes: kubernetesSettings(line, from),
    azure: azurePlaceOf(line, { engine, environment, from, options }),
    via,
    chart: chartSettings(line, { application: what.application, engine, from }),
    pull: pullOf(line.value('pull'), from('pull')),
    keep: choice('keep', ['never', 'failed', 'always']),
    onTerm: choice('on-term', ['stop', 'detach']),
    ...times(line, from),
    copyReport: line.value('copy-report'),
    collect: line.value('collect'),
    quiet: line.value('quiet') !== null,
    detach: line.value('detach') !== null,
    dryRun: dryRunOf(line, engine),
    ...launchReport(line, { environment, engine, via, jobId, from }),
  };
}

/** The variable is no error: launches in several engines may share it. */
function viaOf(via: Way, engine: EngineName, source: string): Way {
  if (engine === 'kubernetes') return via;
  if (source !== '--via' || via === 'pod') return 'pod';
  throw new Fault('usage', '--via is for Kubernetes; add --engine kubernetes');
}

function dryRunOf(line: CommandLine, engine: EngineName): boolean {
  if (line.value('dry-run') === null) return false;
  if (engine === 'kubernetes') return true;
  throw new Fault(
    'usage',
    `--dry-run prints a pod, and the engine ${engine} has none; use --engine kubernetes`,
  );
}

function choices(line: CommandLine, from: (name: string) => string) {
  return <const T extends string>(name: string, known: readonly T[]): T => {
    const text = line.value(name) ?? known[0];
    const found = known.find((each) => each === text);
    if (found !== undefined) return found;
    throw new Fault('usage', `${from(name)} must be one of ${known.join(', ')}`);
  };
}

function times(line: CommandLine, from: (name: string) => string) {
  const checked = (name: string) => {
    const text = line.value(name);
    if (text !== null) secondsToMs(text, from(name));
    return text;
  };
  const hold = line.value('hold');
  const start = line.value('start-timeout') ?? String(limits.launchStartSeconds);
  return {
    timeoutSeconds: checked('timeout'),
    graceSeconds: checked('grace'),
    startTimeoutMs: secondsToMs(start, from('start-timeout')),
    holdSeconds: hold === null ? null : secondsToMs(hold, from('hold')) / 1000,
  };
}

/** An application, or a command behind `--`, or the command of the image. */
function whatRuns(line: CommandLine, variables: ReadonlyMap<string, string>, environment: Environment) {
  const [file, stray] = line.operands;
  // A command that misses its -- is the likely mistake.
  if (file !== undefined && !file.endsWith('.json'))
    throw new Fault('usage', `launch: put the command behind --; ${helpOf('launch')}`);
  if (stray !== undefined || (file !== undefined && line.command !== null))
    throw new Fault('usage', `launch takes one application, or a command behind --; ${helpOf('launch')}`);
  if (file !== undefined)
    return { application: readApplication(file, languageOf(line, variables, environment)), command: [] };
  const command = line.command ?? [];
  if (command.length === 0 && line.value('image') === null)
    throw new Fault('usage', `launch: put the command behind --; ${helpOf('launch')}`);
  const odd = command.findIndex((arg) => !isUtf8(arg));
  if (odd !== -1) throw new Fault('usage', `launch: argument ${odd} of the command is not valid UTF-8`);
  return { application: null, command: command.map(String) };
}

function imageOf(
  line: CommandLine,
  application: Application | null,
  engine: EngineName,
  source: string,
): string | null {
  const given = line.value('image');
  if (engine === 'native') {
    if (given === null) return null;
    throw new Fault('usage', `${source}: the native engine uses no image; choose another one`);
  }
  const image = given === null ? (application?.image ?? null) : imageName(given, source);
  if (image !== null) return image;
  const lacks = application === null ? 'a command needs an image' : 'the application has no ociimage';
  throw new Fault('usage', `launch: ${lacks}; set one with --image`);
}
