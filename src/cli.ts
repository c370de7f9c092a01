import { Fault, faultStatus } from './base/fault.ts';
import { log } from './base/log.ts';
import { allVariables } from './settings/cli/all-variables.ts';
import type { Invocation } from './settings/cli/invocation.ts';
import { type Verb, verbs } from './settings/cli/options.ts';
import { version } from './version.ts';

/**
 * Runs one command line.
 * @returns the exit status of the program
 */
export async function cli(invocation: Invocation): Promise<number> {
  try {
    return await dispatch(invocation);
  } catch (error) {
    if (error instanceof Fault) {
      log(error.message);
      return error.status;
    }
    // A defect of ours: the person needs the trace to report it.
    log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return faultStatus.defect;
  }
}

async function dispatch(invocation: Invocation): Promise<number> {
  const [first, ...args] = invocation.args;
  const arg = first?.toString() ?? '';
  if (arg === '') throw new Fault('usage', `no verb; the verbs are ${verbs.join(', ')}; see emissary --help`);
  if (arg === '--help' || arg === 'help') {
    const { programHelp } = await import('./settings/cli/help.ts');
    invocation.print(programHelp());
    return 0;
  }
  if (arg === '--version') return printVersion(invocation);
  const verb = verbs.find((candidate) => candidate === (arg === 'emissary' ? 'run' : arg));
  if (verb === undefined) {
    throw new Fault(
      'usage',
      `unknown ${arg.startsWith('--') ? 'option' : 'verb'} "${arg}"; the verbs are ${verbs.join(', ')}; see emissary --help`,
    );
  }
  const end = args.findIndex((candidate) => candidate.toString('latin1') === '--');
  const own = (end === -1 ? args : args.slice(0, end)).map(String);
  if (own.includes('--version')) return printVersion(invocation);
  if (own.includes('--help')) {
    const { verbHelp } = await import('./settings/cli/help.ts');
    invocation.print(verbHelp(verb));
    return 0;
  }
  // It seals what it refuses, and has more to do about a defect than to tell of it.
  if (verb === 'run') return (await import('./commands/run.ts')).run(invocation, args);
  const environment = await allVariables(invocation.environment);
  return Promise.race([runVerb(verb, { ...invocation, environment }, args), invocation.defect]);
}

async function runVerb(
  verb: Exclude<Verb, 'run'>,
  invocation: Invocation,
  args: readonly Buffer[],
): Promise<number> {
  switch (verb) {
    case 'init':
      return (await import('./commands/init.ts')).init(invocation, args);
    case 'wait':
      return (await import('./commands/wait.ts')).wait(invocation, args);
    case 'signal':
      return (await import('./commands/signal.ts')).signal(invocation, args);
    case 'report':
      return (await import('./commands/report.ts')).report(invocation, args);
    case 'manifest':
      return (await import('./commands/manifest.ts')).manifest(invocation, args);
    case 'status':
      return (await import('./commands/status.ts')).status(invocation, args);
  }
}

function printVersion(invocation: Invocation): number {
  invocation.print(`emissary ${version}\n`);
  return 0;
}
