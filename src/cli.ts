import { Fault, faultStatus } from './base/fault.ts';
import { describeLog, log, logAsJson } from './base/log.ts';
import { allVariables } from './settings/cli/all-variables.ts';
import type { Invocation } from './settings/cli/invocation.ts';
import type { Verb } from './settings/cli/verbs.ts';
import { version } from './version.ts';

/** Runs one verb. @returns the exit status of the program */
export type Command = (invocation: Invocation, args: readonly Buffer[]) => Promise<number>;

/** Loads a verb's command on demand. */
export type Commands = Readonly<Partial<Record<Verb, () => Promise<Command>>>>;

/** One of the two programs that are built from this tree. */
export interface Program {
  readonly name: string;
  readonly commands: Commands;
  /** Verbs of the other program that users may try here → the name of that program. */
  readonly elsewhere: Readonly<Partial<Record<Verb, string>>>;
}

const helpFlags: readonly string[] = ['--help', '-h'];
const versionFlags: readonly string[] = ['--version', '-V'];

/**
 * Runs one command line of a program.
 *
 * @returns the exit status of the program
 */
export async function cli(program: Program, invocation: Invocation): Promise<number> {
  chooseFormat(invocation);
  try {
    return await dispatch(program, invocation);
  } catch (error) {
    if (error instanceof Fault) {
      log(error.message, 'error');
      return error.status;
    }
    // A bug: users need the stack trace to report it.
    log(error instanceof Error ? (error.stack ?? error.message) : String(error), 'error');
    return faultStatus.defect;
  }
}

/** A wrong format stops no job: its messages are text. */
function chooseFormat({ environment }: Invocation): void {
  const format = environment.get('EMISSARY_LOG_FORMAT') ?? 'text';
  if (format === 'json') logAsJson();
  else if (format !== 'text') log('EMISSARY_LOG_FORMAT is neither text nor json');
  const jobId = Number(environment.get('MULTIFLEXI_JOB_ID'));
  if (Number.isSafeInteger(jobId) && jobId > 0) describeLog({ jobId });
}

async function dispatch(program: Program, invocation: Invocation): Promise<number> {
  const [first, ...args] = invocation.args;
  // Where an engine's exec takes no arguments, the container's environment names the verb.
  const name = first?.toString() ?? invocation.environment.get('EMISSARY_VERB') ?? '';
  const asksHelp = helpFlags.includes(name) || name === 'help';
  if (asksHelp && (name !== 'help' || args.length === 0)) {
    const { programHelp } = await import('./settings/cli/help.ts');
    invocation.print(programHelp(program.name, verbsOf(program)));
    return 0;
  }
  if (versionFlags.includes(name) || name === 'version') return printVersion(program, invocation);
  const [verb, load] = commandOf(program, asksHelp ? String(args[0]) : name);
  const end = args.findIndex((arg) => arg.toString('latin1') === '--');
  const own = (end === -1 ? args : args.slice(0, end)).map(String);
  if (own.some((arg) => versionFlags.includes(arg))) return printVersion(program, invocation);
  if (asksHelp || own.some((arg) => helpFlags.includes(arg))) {
    const { verbHelp } = await import('./settings/cli/help.ts');
    invocation.print(verbHelp(program.name, verb));
    return 0;
  }
  describeLog({ verb });
  const command = await load();
  // `run` seals invalid settings itself, and does more about an uncaught exception than log it.
  if (verb === 'run') return command(invocation, args);
  const environment = await allVariables(invocation.environment);
  return Promise.race([command({ ...invocation, environment }, args), invocation.defect]);
}

/** @throws Fault `usage` that lists the verbs */
function commandOf(program: Program, name: string): readonly [Verb, () => Promise<Command>] {
  const verbs = verbsOf(program);
  const known = `the verbs are ${verbs.join(', ')}; see ${program.name} --help`;
  if (name === '') throw new Fault('usage', `no verb; ${known}`);
  // Argo's name for `run`.
  const wanted = name === 'emissary' ? 'run' : name;
  const verb = verbs.find((candidate) => candidate === wanted);
  const load = verb === undefined ? undefined : program.commands[verb];
  if (verb !== undefined && load !== undefined) return [verb, load];
  for (const [moved, other] of Object.entries(program.elsewhere)) {
    if (moved === name)
      throw new Fault(
        'usage',
        `"${name}" is a verb of ${other}, the program outside of the pod: ${other} ${name} --help`,
      );
  }
  throw new Fault('usage', `unknown ${name.startsWith('-') ? 'option' : 'verb'} "${name}"; ${known}`);
}

function verbsOf({ commands }: Program): readonly Verb[] {
  return Object.keys(commands) as Verb[];
}

function printVersion({ name }: Program, invocation: Invocation): number {
  invocation.print(`${name} ${version}\n`);
  return 0;
}
