import { Fault, faultStatus } from './base/fault.ts';
import { say } from './base/log.ts';
import { allVariables } from './settings/cli/all-variables.ts';
import type { Edge } from './settings/cli/invocation.ts';
import { type Verb, verbs } from './settings/cli/options.ts';
import { version } from './version.ts';

/**
 * Runs one command line.
 * @returns the exit status of the program
 */
export async function cli(edge: Edge): Promise<number> {
  try {
    return await dispatch(edge);
  } catch (error) {
    if (error instanceof Fault) {
      say(error.message);
      return error.status;
    }
    // A defect of ours: the person needs the trace to report it.
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return faultStatus.defect;
  }
}

async function dispatch(edge: Edge): Promise<number> {
  const [first, ...words] = edge.words;
  const word = first?.toString() ?? '';
  if (word === '')
    throw new Fault('usage', `no verb; the verbs are ${verbs.join(', ')}; see emissary --help`);
  if (word === '--help' || word === 'help') {
    const { programHelp } = await import('./settings/cli/help.ts');
    edge.print(programHelp());
    return 0;
  }
  if (word === '--version') return printVersion(edge);
  const verb = verbs.find((candidate) => candidate === (word === 'emissary' ? 'run' : word));
  if (verb === undefined) {
    throw new Fault(
      'usage',
      `unknown ${word.startsWith('--') ? 'option' : 'verb'} "${word}"; the verbs are ${verbs.join(', ')}; see emissary --help`,
    );
  }
  const end = words.findIndex((candidate) => candidate.toString('latin1') === '--');
  const own = (end === -1 ? words : words.slice(0, end)).map(String);
  if (own.includes('--version')) return printVersion(edge);
  if (own.includes('--help')) {
    const { verbHelp } = await import('./settings/cli/help.ts');
    edge.print(verbHelp(verb));
    return 0;
  }
  // It seals what it refuses, and has more to do about a defect than to tell of it.
  if (verb === 'run') return (await import('./commands/run.ts')).run(edge, words);
  const environment = await allVariables(edge.environment);
  return Promise.race([runVerb(verb, { ...edge, environment }, words), edge.defect]);
}

async function runVerb(verb: Exclude<Verb, 'run'>, edge: Edge, words: readonly Buffer[]): Promise<number> {
  switch (verb) {
    case 'init':
      return (await import('./commands/init.ts')).init(edge, words);
    case 'wait':
      return (await import('./commands/wait.ts')).wait(edge, words);
    case 'signal':
      return (await import('./commands/signal.ts')).signal(edge, words);
    case 'report':
      return (await import('./commands/report.ts')).report(edge, words);
    case 'manifest':
      return (await import('./commands/manifest.ts')).manifest(edge, words);
    case 'status':
      return (await import('./commands/status.ts')).status(edge, words);
  }
}

function printVersion(edge: Edge): number {
  edge.print(`emissary ${version}\n`);
  return 0;
}
