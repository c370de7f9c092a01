import { isAbsolute, normalize } from 'node:path';
import { Fault } from '../../base/fault.ts';
import type { CommandLine } from '../cli/command-line.ts';
import { bytesOf } from '../cli/values.ts';
import {
  type ContainerOptions,
  containerOptions,
  type GivenOption,
  noContainerOptions,
} from './container-options.ts';

/** What a container gets of its engine's host. */
export interface LaunchResources {
  /** `UID`, `UID:GID`, or `image`: the image's user; null: the engine's choice, mostly the image's. */
  readonly user: string | null;
  /** Processors, such as 0.5; null: no limit. */
  readonly cpus: number | null;
  /** Bytes; null: no limit. */
  readonly memory: number | null;
  /** Null: the engine's default. */
  readonly network: string | null;
  readonly mounts: readonly LaunchMount[];
  /** Those of `--engine-option`. */
  readonly container: ContainerOptions;
}

/** A directory or file of the engine's host that the job sees. */
export interface LaunchMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** @throws Fault `usage` */
export function launchResources(
  line: CommandLine,
  engine: string,
  from: (name: string) => string,
): LaunchResources {
  if (engine === 'native') refuseForNative(line, from);
  const user = line.value('user');
  if (user !== null && user !== 'image' && !/^\d{1,10}(:\d{1,10})?$/.test(user))
    throw new Fault('usage', `${from('user')} is neither a user ID (UID or UID:GID) nor image`);
  const network = line.value('network');
  if (network !== null && !/^[\w][\w.:-]*$/.test(network))
    throw new Fault('usage', `${from('network')} is not the name of a network`);
  const mounts = listOf(line.value('mount')).map((text) => mountOf(text, from('mount')));
  if (engine === 'kubernetes' || engine === 'azure') refuseForPods(line, from);
  if (engine === 'azure') refuseUserForAzure(line, from);
  return {
    user,
    cpus: cpusOf(line.value('cpus'), from('cpus')),
    memory: memoryOf(line.value('memory'), from('memory')),
    network,
    mounts,
    container: containerOf(line, engine, from),
  };
}

/** Their variables are no error: launches in several engines may share them. */
function isOption(name: string, line: CommandLine, from: (name: string) => string): boolean {
  return line.value(name) !== null && from(name) === `--${name}`;
}

function refuseForNative(line: CommandLine, from: (name: string) => string): void {
  if (line.value('network') === 'none') return refuseOthers(['user', 'cpus', 'memory', 'mount'], line, from);
  refuseOthers(['user', 'cpus', 'memory', 'network', 'mount'], line, from);
}

function refuseOthers(names: readonly string[], line: CommandLine, from: (name: string) => string): void {
  const given = names.find((name) => isOption(name, line, from));
  if (given !== undefined)
    throw new Fault('usage', `--${given} is for containers; choose another engine than native`);
}

/** What the cluster's administrator decides, not the job's launcher; a container group is like a pod. */
function refuseForPods(line: CommandLine, from: (name: string) => string): void {
  if (line.value('network') !== 'none' && isOption('network', line, from))
    throw new Fault('usage', "--network: a pod has its cluster's network, or none; leave it out");
  if (isOption('mount', line, from))
    throw new Fault(
      'usage',
      `--mount: a pod cannot mount ${line.value('mount')}, which is a directory of a node`,
    );
}

/** The service takes a user only for confidential groups, whose policy has to name each container's command beforehand. */
function refuseUserForAzure(line: CommandLine, from: (name: string) => string): void {
  if (line.value('user') !== 'image' && isOption('user', line, from))
    throw new Fault('usage', '--user: azure runs a job as the user of its image; leave it out');
}

function containerOf(line: CommandLine, engine: string, from: (name: string) => string): ContainerOptions {
  const source = from('engine-option');
  const given = engineOptions(line.value('engine-option'), source);
  if (engine === 'docker' || engine === 'podman') return containerOptions(given, source);
  if (engine !== 'azure' && isOption('engine-option', line, from))
    throw new Fault('usage', `${source}: the engine ${engine} has no options; choose docker or podman`);
  return noContainerOptions;
}

/** @throws Fault `usage`; what an engine does with them is its own */
export function engineOptions(text: string | null, source: string): readonly GivenOption[] {
  return listOf(text).map((entry) => {
    const [, key = '', value = ''] = /^([a-z][a-z-]*)=(.*)$/.exec(entry) ?? [];
    if (key === '') throw new Fault('usage', `${source} is not of the form KEY=VALUE`);
    return [key, value];
  });
}

function listOf(text: string | null): readonly string[] {
  return (text ?? '').split(',').filter((entry) => entry !== '');
}

/** The value of `--cpus`. @throws Fault `usage` */
export function cpusOf(text: string | null, source: string): number | null {
  if (text === null) return null;
  const cpus = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (cpus > 0) return cpus;
  throw new Fault('usage', `${source} is not a number of processors, such as 0.5 or 2`);
}

/** The value of `--memory`, in bytes. @throws Fault `usage` */
export function memoryOf(text: string | null, source: string): number | null {
  if (text === null) return null;
  const bytes = bytesOf(text);
  if (bytes !== null) return bytes;
  throw new Fault('usage', `${source} is not a size of memory, such as 512m or 2g`);
}

function mountOf(text: string, source: string): LaunchMount {
  const [from = '', to = '', mode, stray] = text.split(':');
  const isMount = isAbsolute(from) && isAbsolute(to) && normalize(to) !== '/' && stray === undefined;
  if (!isMount || (mode !== undefined && mode !== 'ro' && mode !== 'rw'))
    throw new Fault('usage', `${source} is not of the form /SOURCE:/TARGET or /SOURCE:/TARGET:ro`);
  return { source: from, target: to, readOnly: mode === 'ro' };
}
