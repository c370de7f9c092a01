import { options } from './options.ts';
import { variables } from './variables.ts';
import type { Verb } from './verbs.ts';

const descriptions: Readonly<
  Record<Verb, { readonly usage: string; readonly text: string; readonly example: string }>
> = {
  init: {
    usage: 'init [options]',
    text: 'Puts the program, the template and the staged inputs on the shared volume. Run it in an init container.',
    example: '{program} init --root /var/run/argo --template job.json',
  },
  run: {
    usage: 'run [options] -- COMMAND [ARG…]',
    text:
      'Runs the command as if the emissary were not there: same words, environment, streams, signals and exit code.\n' +
      'Keeps its output, outputs and verdict under <root>/ctr/<name>/; the file exitcode there is written last.',
    example: '{program} run --timeout 3600 --grace 10 -- php report.php --month 2026-01',
  },
  wait: {
    usage: 'wait [options]',
    text:
      'Waits for the job, streams its output, enforces the deadline, gathers what it left and reports it to MultiFlexi.\n' +
      "Ends with 0 when all was delivered, whatever the job's own code; with 64 when something could not be.",
    example: 'MULTIFLEXI_JOB_ID=42 MULTIFLEXI_DATABASE_URL=sqlite:///data/multiflexi.sqlite {program} wait',
  },
  signal: {
    usage: 'signal [options] NAME SIGNAL',
    text: 'Asks the wrapper of container NAME to send SIGNAL (TERM, SIGTERM or 15) to its job.',
    example: '{program} signal main TERM',
  },
  report: {
    usage: 'report [options]',
    text: 'Delivers what an earlier wait could not: the spool under <root>/report/.',
    example: '{program} report --root /backup/volume',
  },
  status: {
    usage: 'status [options]',
    text: 'Shows one line a container: state, exit code, verdict, bytes, time.',
    example: '{program} status --json',
  },
  launch: {
    usage: 'launch [options] -- COMMAND [ARG…]',
    text:
      'Runs a job under the emissary and reports it: its output, its exit code; TERM and Ctrl-C stop it.\n' +
      'With --engine native the job is a process of this machine. Its volume is a temporary directory, unless --root\n' +
      'names one. Where to report is in the variables of wait; the job does not see them.',
    example:
      'MULTIFLEXI_DATABASE_URL=sqlite:///data/multiflexi.sqlite {program} launch --job-id 42 -- php report.php',
  },
  manifest: {
    usage: 'manifest [options] APPLICATION.multiflexi.app.json',
    text:
      'Prints the pod (YAML) that runs an application of MultiFlexi: init, the job, and the sidecar that reports it.\n' +
      'Secrets stand in a Secret of their own; the times of the job and of the pod follow from one another.',
    example:
      '{program} manifest --job-id 42 --variables job.env --report-variables report.env app.multiflexi.app.json',
  },
};

/**
 * The help of a whole program.
 * @param verbs that it has
 */
export function programHelp(program: string, verbs: readonly Verb[]): string {
  const rows = verbs.map(
    (verb) => `  ${verb.padEnd(10)}${descriptions[verb].text.split('\n')[0]?.split(/(?<=\.) /)[0] ?? ''}`,
  );
  return [
    `${program}: ${purposes[program] ?? ''}`,
    '',
    `Usage: ${program} VERB [options]`,
    '',
    ...rows,
    '',
    `${program} VERB --help tells more, with an example. Exit status: the job's own for run; 64 for a failure of the`,
    'emissary itself; 65 for an input that could not be staged; 126 not executable; 127 not found.',
    '',
  ].join('\n');
}

const purposes: Readonly<Record<string, string>> = {
  emissary: 'the in-container job wrapper of MultiFlexi.',
  'multiflexi-emissary': "the job wrapper of MultiFlexi, for MultiFlexi's host.",
};

/** The help of one verb. */
export function verbHelp(program: string, verb: Verb): string {
  const { usage, text, example } = descriptions[verb];
  const rows = options
    .filter((option) => option.verbs.includes(verb))
    .flatMap((option) => {
      const args = `  --${option.name}${option.value === null ? '' : ` ${option.value}`}`;
      const standIns =
        option.variables.length === 0 ? [] : [`${' '.repeat(26)}or ${option.variables.join(', ')}`];
      return [`${args.padEnd(24)}  ${option.help}`, ...standIns];
    });
  const others = variables
    .filter((variable) => variable.verbs.includes(verb))
    .flatMap(({ name, help }) => [`  ${name}`, `${' '.repeat(26)}${help}`]);
  return [
    `Usage: ${program} ${usage}`,
    '',
    text,
    '',
    'Options:',
    ...rows,
    '  --help                  this text',
    '  --version               the version of the program',
    ...(others.length === 0 ? [] : ['', 'Variables that stand for no option:', ...others]),
    '',
    'Example:',
    `  ${example.replaceAll('{program}', program)}`,
    '',
  ].join('\n');
}
