import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { printable } from '../../base/printable.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import type { KubernetesSettings } from '../../settings/verbs/kubernetes-settings.ts';
import { OutputFile } from './output-file.ts';
import { untilEnded } from './until-ended.ts';

/** Helm has refused; the message is its own: one line of bounded length. */
export class HelmFailure extends Error {}

/** The program helm, for the namespace of a launch. */
export class Helm {
  readonly #program: string;
  readonly #target: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;
  readonly #lock: number;

  /**
   * @param of.lock an open file that helm keeps open as long as it runs: so its lock outlives a launcher that was killed
   */
  constructor(of: {
    readonly program: string;
    readonly settings: KubernetesSettings;
    readonly namespace: string;
    readonly environment: Environment;
    readonly lock: number;
  }) {
    const { kubeconfig, context } = of.settings;
    this.#program = of.program;
    this.#target = [
      ...['--namespace', of.namespace],
      ...(kubeconfig === null ? [] : ['--kubeconfig', kubeconfig]),
      ...(context === null ? [] : ['--kube-context', context]),
    ];
    this.#environment = helmEnvironment(of.environment);
    this.#lock = of.lock;
  }

  /**
   * Runs helm to its end. Aborted, it is stopped, and records that in its release.
   *
   * @returns what it has printed, and its warnings
   * @throws HelmFailure; Fault `engine` if it cannot be started; the signal's reason
   */
  async run(
    args: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly stdout: string; readonly warnings: readonly string[] }> {
    if (signal.aborted) throw signal.reason;
    const [printed, told] = [new OutputFile(), new OutputFile()];
    // An interrupt of the terminal reaches the launcher alone.
    const child = spawn(this.#program, [...args, ...this.#target], {
      env: this.#environment,
      stdio: ['ignore', printed.descriptor, told.descriptor, this.#lock],
      detached: true,
    });
    const code = await untilEnded(child, signal);
    const [stdout, stderr] = [printed.take(), told.take()];
    if (signal.aborted) throw signal.reason;
    if (code === 'ENOENT' || code === 'EACCES') throw missing(this.#program, code);
    const lines = stderr.split('\n').filter((line) => line.trim() !== '');
    if (code === 0) return { stdout, warnings: lines.map(printable) };
    throw new HelmFailure(lastWords(lines) || `it has ended with ${code}`);
  }
}

/**
 * What helm is started with. Which cluster and namespace is told by arguments, as the pod's are; our own settings, and where
 * jobs are reported to, are nothing for it.
 */
export function helmEnvironment(environment: Environment): Readonly<Record<string, string>> {
  const withheld = /^(?:EMISSARY|MULTIFLEXI)_|^HELM_KUBE|^HELM_NAMESPACE$/;
  const given = [...environment.all()].filter(([name]) => !withheld.test(name));
  return { HOME: homedir(), ...Object.fromEntries(given) };
}

function missing(program: string, code: string): Fault {
  const what = code === 'ENOENT' ? 'is not there' : 'cannot be started';
  return new Fault(
    'engine',
    `The chart of the job needs Helm, and the program ${program} ${what}: install Helm 3.13 or later, or name it with --helm`,
  );
}

/** The error, without the warnings before it. */
function lastWords(lines: readonly string[]): string {
  const at = lines.findLastIndex((line) => line.startsWith('Error: '));
  const told = (at === -1 ? lines : lines.slice(at)).slice(0, limits.helmErrorLines);
  const text = told.map((line) => line.trim()).join(' ');
  return printable(text.replace(/^Error: /, '')).slice(0, limits.shortMessageCharacters);
}
