import { join } from 'node:path';

/**
 * The paths of one container's directory, `<root>/ctr/<name>`. What each file holds is told in `src/contract/README.md`.
 */
export interface ContainerLayout {
  readonly name: string;
  readonly directory: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly timeline: string;
  readonly combined: string;
  readonly started: string;
  readonly signal: string;
  readonly ended: string;
  readonly saving: string;
  readonly result: string;
  readonly exitCode: string;
  readonly before: string;
  readonly after: string;
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
  /** The inputs until all are staged. */
  readonly inputsStaging: string;
  /** Those of an earlier `init`, until they are removed. */
  readonly inputsReplaced: string;
  readonly script: string;
  readonly containers: string;
  readonly outputs: string;
  readonly parameters: string;
  readonly artifacts: string;
  /** The output that is being saved, until it is whole: one at a time, and a later run's takes an earlier one's place. */
  readonly saving: string;
  readonly progress: string;
  readonly report: string;
  container(name: string): ContainerLayout;
}

/** Where the shared volume is unless somebody says otherwise: Argo's place. */
export const usualRoot = '/var/run/argo';

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
    started: join(directory, 'started'),
    signal: join(directory, 'signal'),
    ended: join(directory, 'ended'),
    saving: join(directory, 'saving'),
    result: join(directory, 'result.json'),
    exitCode: join(directory, 'exitcode'),
    before: join(directory, 'before'),
    after: join(directory, 'after'),
    alive: join(directory, 'alive'),
  };
}
