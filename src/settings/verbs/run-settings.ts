import { isAbsolute } from 'node:path';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { programName } from '../../base/program-name.ts';
import { signalNumber } from '../../base/signal-names.ts';
import { type CommandLine, readCommandLine, sourceOf } from '../cli/command-line.ts';
import type { Environment } from '../cli/environment.ts';
import type { Invocation } from '../cli/invocation.ts';
import { containerName, rootDirectory, secondsToMs, wholeNumber } from '../cli/values.ts';
import { verbs } from '../cli/verbs.ts';
import { defaultMask, maskEntries } from '../secret-names.ts';
import { type GivenTemplate, mountedTemplate } from './given-template.ts';

/** The settings of `run`. */
export interface RunSettings {
  readonly root: string;
  readonly name: string;
  /** The job's command line; the first element is the command. Never empty. */
  readonly command: readonly [Buffer, ...Buffer[]];
  /** 0 = none. */
  readonly timeoutMs: number;
  readonly graceMs: number;
  /** A signal number. */
  readonly stopSignal: number;
  /** Bytes of one captured file; 0 = no limit. */
  readonly logLimit: number;
  /** Patterns of variable names. */
  readonly maskNames: readonly string[];
  /** Secrets in text artifacts are masked unless the template says otherwise. */
  readonly masksArtifacts: boolean;
  readonly combined: boolean;
  /** The output is not forwarded: whoever wants it reads the files. */
  readonly captureOnly: boolean;
  /** The output is not captured: the job writes to the emissary's own descriptors. */
  readonly passThrough: boolean;
  /** For a volume that no `init` has prepared; null if there is none. */
  readonly template: GivenTemplate | null;
  /** Where the engine reads why a container has failed, or null. */
  readonly terminationLog: string | null;
  /** The job has no network but its own loopback interface. */
  readonly isolated: boolean;
  readonly argumentsFile: string | null;
  /** A failure of the job is recorded, and does not count. */
  readonly toleratesFailure: boolean;
  readonly pauseBefore: boolean;
  readonly pauseAfter: boolean;
  /** How long a failed job is held for a person, in ms; null = not at all. */
  readonly failurePauseMs: number | null;
}

/** @throws Fault `usage` */
export function runSettings(invocation: Invocation, args: readonly Buffer[]): RunSettings {
  const line = readCommandLine('run', args, invocation.environment);
  const from = (name: string) => sourceOf(name, args, invocation.environment);
  const stop = line.value('stop-signal') ?? 'TERM';
  const stopSignal = signalNumber(stop);
  if (stopSignal === null) throw new Fault('usage', `${from('stop-signal')} is not a signal`);
  const passThrough = line.value('pass-through') !== null;
  for (const other of ['combined', 'capture-only'])
    if (passThrough && line.value(other) !== null)
      throw new Fault('usage', `${from('pass-through')} keeps no output: it excludes ${from(other)}`);
  return {
    ...place(line, from),
    command: jobArguments(line.operands, line.command),
    timeoutMs: secondsToMs(line.value('timeout') ?? '0', from('timeout')),
    graceMs: secondsToMs(line.value('grace') ?? String(limits.graceSeconds), from('grace')),
    stopSignal,
    logLimit: wholeNumber(line.value('log-limit') ?? String(limits.logBytes), from('log-limit')),
    maskNames: maskEntries(line.value('mask-env') ?? defaultMask),
    masksArtifacts: line.value('mask-artifacts') !== null,
    combined: line.value('combined') !== null,
    captureOnly: line.value('capture-only') !== null,
    passThrough,
    template: mountedTemplate(line, invocation, args),
    terminationLog: terminationLog(line, from('termination-log')),
    isolated: line.value('no-network') !== null,
    argumentsFile: invocation.environment.get('EMISSARY_ARGS_FILE', 'ARGO_CONTAINER_ARGS_FILE'),
    toleratesFailure: toleratesFailure(invocation.environment),
    pauseBefore:
      invocation.environment.get('EMISSARY_DEBUG_PAUSE_BEFORE', 'ARGO_DEBUG_PAUSE_BEFORE') === 'true',
    pauseAfter: invocation.environment.get('EMISSARY_DEBUG_PAUSE_AFTER', 'ARGO_DEBUG_PAUSE_AFTER') === 'true',
    failurePauseMs: failurePauseMs(invocation.environment),
  };
}

function toleratesFailure(environment: Environment): boolean {
  const name = 'EMISSARY_ON_FAILURE';
  const value = environment.get(name) ?? 'fail';
  if (value !== 'fail' && value !== 'continue')
    throw new Fault('usage', `${name} is neither fail nor continue`);
  return value === 'continue';
}

function failurePauseMs(environment: Environment): number | null {
  const name = 'EMISSARY_DEBUG_PAUSE_SECONDS';
  const ms = secondsToMs(environment.get(name) ?? String(limits.failurePauseSeconds), name);
  if (ms > limits.failurePauseMaxSeconds * 1000)
    throw new Fault('usage', `${name} is more than ${limits.failurePauseMaxSeconds} seconds`);
  return environment.get('EMISSARY_DEBUG_PAUSE_ON_FAILURE') === 'true' ? ms : null;
}

/**
 * The volume and the container of a run whose settings are invalid.
 *
 * @throws Fault `usage` if one of these two is invalid
 */
export function whereToSeal(
  invocation: Invocation,
  args: readonly Buffer[],
): Pick<RunSettings, 'root' | 'name'> {
  const line = readCommandLine('run', args, invocation.environment, 'lenient');
  return place(line, (name) => `--${name}`);
}

/** The termination log of a run whose settings are invalid; null if it is invalid itself. */
export function terminationLogOf(invocation: Invocation, args: readonly Buffer[]): string | null {
  try {
    const line = readCommandLine('run', args, invocation.environment, 'lenient');
    return terminationLog(line, '--termination-log');
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}

/** Kubernetes' default (`terminationMessagePath`). */
const defaultTerminationLog = '/dev/termination-log';

function terminationLog(line: CommandLine, source: string): string | null {
  const path = line.value('termination-log') ?? defaultTerminationLog;
  if (path === '') return null;
  if (isAbsolute(path)) return path;
  throw new Fault('usage', `${source} is not an absolute path`);
}

function place(line: CommandLine, from: (name: string) => string): Pick<RunSettings, 'root' | 'name'> {
  return {
    root: rootDirectory(line.value('root'), from('root')),
    name: containerName(line.value('name') ?? 'main', from('name')),
  };
}

function jobArguments(
  operands: readonly string[],
  command: readonly Buffer[] | null,
): readonly [Buffer, ...Buffer[]] {
  const usage = `${programName} run [options] -- COMMAND [ARG…]`;
  const [operand] = operands;
  if (operand !== undefined) {
    // `emissary emissary wait`: the first word was taken for the name of the program.
    const verb = verbs.find((each) => each === operand);
    const advice = verb === undefined ? '' : `; for the verb ${verb}: ${programName} ${verb}`;
    throw new Fault('usage', `run: put -- before the command: ${usage}${advice}`);
  }
  const [file, ...rest] = command ?? [];
  if (file === undefined) {
    throw new Fault('usage', `run: no command after --; usage: ${usage}`);
  }
  return [file, ...rest];
}
