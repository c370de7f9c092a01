import { normalize } from 'node:path';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import type { Application } from '../application/application.ts';
import { type CommandLine, readCommandLine, sourceOf } from '../cli/command-line.ts';
import type { Invocation } from '../cli/invocation.ts';
import { imageName, jobNumber, rootDirectory, secondsToMs, wholeNumber } from '../cli/values.ts';
import { helpOf } from '../cli/verbs.ts';
import { maskEntries } from '../secret-names.ts';
import { languageOf, readApplication } from './given-application.ts';
import { givenVariables } from './given-variables.ts';
import { type KubernetesSettings, kubernetesSettings } from './kubernetes-settings.ts';
import { cpusOf, memoryOf } from './launch-resources.ts';
import { type Pull, pullOf } from './pull.ts';

/** A volume claim that the reporter mounts, for a database file or kept results. */
export interface Claim {
  readonly name: string;
  readonly path: string;
}

/** The settings of `manifest`. */
export interface ManifestSettings {
  readonly application: Application;
  /** The job's variables besides the application's defaults. */
  readonly variables: ReadonlyMap<string, string>;
  /** The reporter's variables: the server and its credentials. */
  readonly reportVariables: ReadonlyMap<string, string>;
  readonly kind: 'pod' | 'job';
  readonly jobId: number | null;
  /** As it was given: the pod's name is made of it. */
  readonly podName: string;
  readonly image: string;
  /** When it is pulled. */
  readonly pull: Pull;
  /** Patterns of more names whose values are secret. */
  readonly secretNames: readonly string[];
  readonly kubernetes: KubernetesSettings;
  readonly root: string;
  /** Seconds; 0 = none. */
  readonly timeout: number;
  readonly grace: number;
  /** The user ID that the job runs as; null = the image's user. */
  readonly user: number | null;
  /** The job may be root. */
  readonly allowRoot: boolean;
  /** Limits; null: none. Memory in bytes. */
  readonly cpus: number | null;
  readonly memory: number | null;
  readonly claim: Claim | null;
  /** A file that is added to the application's template; null: none. */
  readonly template: string | null;
}

/** @throws Fault `usage` */
export function manifestSettings(invocation: Invocation, args: readonly Buffer[]): ManifestSettings {
  const line = readCommandLine('manifest', args, invocation.environment);
  const from = (name: string) => sourceOf(name, args, invocation.environment);
  const variables = givenVariables(line.value('variables'), '--variables');
  const application = definition(line, languageOf(line, variables, invocation.environment));
  const given = line.value('image');
  const image = given === null ? application.image : imageName(given, from('image'));
  if (image === null) {
    throw new Fault('usage', 'manifest: the application has no ociimage; set one with --image');
  }
  const job = line.value('job-id');
  const jobId = job === null ? null : jobNumber(job, from('job-id'));
  const allowRoot = line.value('allow-root') !== null;
  const rootPath = rootDirectory(line.value('root'), from('root'));
  const root = mountPath(rootPath, from('root'));
  return {
    application,
    image,
    variables,
    reportVariables: givenVariables(line.value('report-variables'), '--report-variables'),
    kind: kindOf(line.value('kind') ?? 'pod'),
    jobId,
    podName: podNameOf(line.value('pod-name'), from('pod-name')) ?? `multiflexi-job-${jobId ?? 'local'}`,
    pull: pullOf(line.value('pull'), from('pull')),
    secretNames: maskEntries(line.value('secret-names') ?? ''),
    kubernetes: kubernetesSettings(line, from),
    root,
    timeout: Math.ceil(secondsToMs(line.value('timeout') ?? '0', from('timeout')) / 1000),
    grace: Math.ceil(secondsToMs(line.value('grace') ?? String(limits.graceSeconds), from('grace')) / 1000),
    user: userOf(line.value('user'), allowRoot, from('user')),
    allowRoot,
    cpus: cpusOf(line.value('cpus'), from('cpus')),
    memory: memoryOf(line.value('memory'), from('memory')),
    claim: claimOf(line.value('claim'), root),
    template: line.value('template'),
  };
}

/** An unprivileged user that no machine assigns, the same as in the emissary's image. */
const defaultUser = 65_532;

/**
 * Most images set no user, and the pod's security context forbids their root: the job then gets a user ID. The
 * maximum is Kubernetes' own.
 */
function userOf(text: string | null, allowRoot: boolean, source: string): number | null {
  if (text === 'image' || (text === null && allowRoot)) return null;
  const user = text === null ? defaultUser : wholeNumber(text, source);
  if (user > 2 ** 31 - 1 || (user === 0 && !allowRoot))
    throw new Fault(
      'usage',
      `${source} is not the user ID of a user other than root; to run the job as root, add --allow-root`,
    );
  return user;
}

/**
 * A volume at / would hide the image. A colon is not allowed in a mount path, a semicolon not in the loader's path
 * (ld.so(8)), and a $ might be expanded in the job's command.
 */
function mountPath(path: string, source: string): string {
  if (/^\/+$/.test(path) || /[:;$]/.test(path))
    throw new Fault('usage', `${source}: no volume can be mounted there`);
  return path;
}

function definition({ operands, command }: CommandLine, language: string): Application {
  const [file, stray] = operands;
  if (file === undefined || stray !== undefined || command !== null) {
    throw new Fault('usage', `manifest takes one application definition; ${helpOf('manifest')}`);
  }
  return readApplication(file, language);
}

function podNameOf(text: string | null, source: string): string | null {
  if (text === '') throw new Fault('usage', `${source} is empty`);
  return text;
}

function kindOf(text: string): 'pod' | 'job' {
  if (text === 'pod' || text === 'job') return text;
  throw new Fault('usage', '--kind is neither pod nor job');
}

function claimOf(text: string | null, root: string): Claim | null {
  if (text === null) return null;
  const [, name, path] = /^([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?):(\/.+)$/.exec(text) ?? [];
  if (name === undefined || path === undefined)
    throw new Fault('usage', '--claim is not of the form NAME:/PATH');
  if (normalize(path).replace(/\/$/, '') === normalize(root).replace(/\/$/, ''))
    throw new Fault('usage', '--claim: its path is that of the shared volume');
  return { name, path: mountPath(path, '--claim') };
}
