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
  const [first, ...words] = invocation.words;
  const word = first?.toString() ?? '';
  if (word === '')
    throw new Fault('usage', `no verb; the verbs are ${verbs.join(', ')}; see emissary --help`);
  if (word === '--help' || word === 'help') {
    const { programHelp } = await import('./settings/cli/help.ts');
    invocation.print(programHelp());
    return 0;
  }
  if (word === '--version') return printVersion(invocation);
  const verb = verbs.find((candidate) => candidate === (word === 'emissary' ? 'run' : word));
  if (verb === undefined) {
    throw new Fault(
      'usage',
      `unknown ${word.startsWith('--') ? 'option' : 'verb'} "${word}"; the verbs are ${verbs.join(', ')}; see emissary --help`,
    );
  }
  const end = words.findIndex((candidate) => candidate.toString('latin1') === '--');
  const own = (end === -1 ? words : words.slice(0, end)).map(String);
  if (own.includes('--version')) return printVersion(invocation);
  if (own.includes('--help')) {
    const { verbHelp } = await import('./settings/cli/help.ts');
    invocation.print(verbHelp(verb));
    return 0;
  }
  // It seals what it refuses, and has more to do about a defect than to tell of it.
  if (verb === 'run') return (await import('./commands/run.ts')).run(invocation, words);
  const environment = await allVariables(invocation.environment);
  return Promise.race([runVerb(verb, { ...invocation, environment }, words), invocation.defect]);
}

async function runVerb(verb: Exclude<Verb, 'run'>, invocation: Invocation, words: readonly Buffer[]): Promise<number> {
  switch (verb) {
    case 'init':
      return (await import('./commands/init.ts')).init(invocation, words);
    case 'wait':
      return (await import('./commands/wait.ts')).wait(invocation, words);
    case 'signal':
      return (await import('./commands/signal.ts')).signal(invocation, words);
    case 'report':
      return (await import('./commands/report.ts')).report(invocation, words);
    case 'manifest':
      return (await import('./commands/manifest.ts')).manifest(invocation, words);
    case 'status':
      return (await import('./commands/status.ts')).status(invocation, words);
  }
}

function printVersion(invocation: Invocation): number {
  invocation.print(`emissary ${version}\n`);
  return 0;
}
