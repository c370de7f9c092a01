import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { emissary, type Finished, type Running, startEmissary } from './emissary.ts';
import type { Engine } from './engine.ts';

/** The engines that the conformance suite runs against. */
export const engineNames = ['native', 'docker', 'podman'] as const;

/** Launchers of jobs in a cluster: who reports is a process of this machine, or the pod's own reporter. */
export const clusterNames = ['kubernetes', 'kubernetes, reported by the sidecar'] as const;

/** The same, a Docker that could be on another machine, a cluster, and a stand-in for Azure. */
export const launcherNames = [...engineNames, 'docker elsewhere', ...clusterNames, 'azure'] as const;

/** Whether it is one of a cluster. */
export function isOfCluster(name: string): name is (typeof clusterNames)[number] {
  return clusterNames.some((each) => each === name);
}

/** One engine with a state directory of the test's own. */
export interface Launcher {
  readonly name: (typeof launcherNames)[number];
  /** Its command-line client; null: native. */
  readonly engine: Engine | null;
  readonly state: string;
  readonly env: Readonly<Record<string, string>>;
  /** The options that every launch needs, the image included. */
  readonly options: readonly string[];
  /** Runs `launch` with a shell script as the job. */
  script(script: string, more?: LaunchMore): Promise<Finished>;
  startScript(script: string, more?: LaunchMore): Running;
  /** Runs another verb. */
  verb(args: readonly string[], more?: Readonly<Record<string, string>>): Promise<Finished>;
  /** The containers of this installation, by the engine's own client. */
  containers(): Promise<readonly string[]>;
  /** What a job can wait for. */
  gate(): Gate;
  /** The jobs that are left in the state directory. */
  left(): readonly string[];
}

/** What a job waits for until its test opens it. */
export interface Gate {
  /** Options of the launch. */
  readonly options: readonly string[];
  /** A command of the job's shell: whether it is open. */
  readonly isOpen: string;
  open(): Promise<void>;
}

/** More for one launch. */
export interface LaunchMore {
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A command line to put before it. */
  readonly under?: readonly string[];
}

/** The image of the jobs. */
export const jobImage = 'localhost/emissary-launch-test:1';
/** The programs in it. */
export const jobTools = [
  'sh',
  'cat',
  'sleep',
  'echo',
  'head',
  'dd',
  'env',
  'id',
  'mkdir',
  'tr',
  'yes',
  'ps',
  'kill',
  'seq',
  'printf',
  'chmod',
  'touch',
  'test',
];
/** What starts the program with the options of a launcher. */
export function starters(
  t: TestContext,
  options: readonly string[],
  env: Readonly<Record<string, string>>,
): Pick<Launcher, 'script' | 'startScript' | 'verb'> {
  const line = (script: string, more: LaunchMore) =>
    [
      ['launch', ...options, ...(more.options ?? []), '--', 'sh', '-c', script],
      { env: { ...env, ...more.env }, ...(more.under !== undefined && { under: more.under }) },
    ] as const;
  return {
    script: (script, more = {}) => emissary(...line(script, more)),
    startScript: (script, more = {}) => startEmissary(t, ...line(script, more)),
    verb: (args, more = {}) => emissary(args, { env: { ...env, ...more } }),
  };
}

/** The label of what belongs to the installation of a state directory. */
export function label(state: string): string {
  return `eu.multiflexi.emissary.installation=${readFileSync(join(state, 'installation'), 'latin1').trim()}`;
}
