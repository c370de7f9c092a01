import { join } from 'node:path';

/** The paths of one container's directory, `<root>/ctr/<name>`. `src/contract/README.md` describes each file. */
export interface ContainerLayout {
  readonly name: string;
  readonly directory: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly timeline: string;
  readonly combined: string;
  readonly usage: string;
  readonly started: string;
  readonly ended: string;
  readonly saving: string;
  readonly signal: string;
  readonly result: string;
  readonly exitCode: string;
  readonly before: string;
  readonly after: string;
  readonly paused: string;
  readonly resume: string;
  readonly alive: string;
}

/** The paths of the shared volume (Argo's layout, v3.1 and later). All are absolute. */
export interface Layout {
  readonly root: string;
  readonly program: string;
  readonly argoProgram: string;
  readonly runtimes: string;
  readonly template: string;
  readonly inputs: string;
  /** The inputs until all of them are staged. */
  readonly inputsStaging: string;
  /** The inputs of an earlier `init`, until they are removed. */
  readonly inputsReplaced: string;
  readonly script: string;
  /** The times of `init`, only for a job that is part of a trace. */
  readonly initialized: string;
  readonly containers: string;
  readonly outputs: string;
  readonly parameters: string;
  readonly artifacts: string;
  /** The output that is being saved, until it is complete: one at a time, and a later run replaces an earlier one's. */
  readonly saving: string;
  readonly progress: string;
  readonly report: string;
  container(name: string): ContainerLayout;
}

/** The default path of the shared volume: the same as Argo's. */
export const defaultRoot = '/var/run/argo';

/** @param root the absolute path of the shared volume */
export function layoutOf(root: string): Layout {
  const containers = join(root, 'ctr');
  const outputs = join(root, 'outputs');
  return {
    root,
    program: join(root, 'emissary'),
    argoProgram: join(root, 'argoexec'),
    runtimes: join(root, 'runtime'),
    template: join(root, 'template'),
    inputs: join(root, 'inputs'),
    inputsStaging: join(root, '.inputs.tmp'),
    inputsReplaced: join(root, '.inputs.tmp.old'),
    initialized: join(root, 'initialized'),
    script: join(root, 'inputs', '.script'),
    containers,
    outputs,
    parameters: join(outputs, 'parameters'),
    artifacts: join(outputs, 'artifacts'),
    saving: join(outputs, '.saving'),
    progress: join(root, 'progress'),
    report: join(root, 'report'),
    container: (name) => containerLayout(join(containers, name), name),
  };
}

function containerLayout(directory: string, name: string): ContainerLayout {
  return {
    name,
    directory,
    stdout: join(directory, 'stdout'),
    stderr: join(directory, 'stderr'),
    timeline: join(directory, 'timeline'),
    combined: join(directory, 'combined'),
    usage: join(directory, 'usage'),
    started: join(directory, 'started'),
    ended: join(directory, 'ended'),
    saving: join(directory, 'saving'),
    signal: join(directory, 'signal'),
    result: join(directory, 'result.json'),
    exitCode: join(directory, 'exitcode'),
    before: join(directory, 'before'),
    after: join(directory, 'after'),
    paused: join(directory, 'paused'),
    resume: join(directory, 'resume'),
    alive: join(directory, 'alive'),
  };
}
