import { options, type Verb } from './options.ts';
import { variables } from './variables.ts';

const descriptions: Readonly<
  Record<Verb, { readonly usage: string; readonly text: string; readonly example: string }>
> = {
  init: {
    usage: 'emissary init [options]',
    text: 'Puts the program, the template and the staged inputs on the shared volume. Run it in an init container.',
    example: 'emissary init --root /var/run/argo --template job.json',
  },
  run: {
    usage: 'emissary run [options] -- COMMAND [ARG…]',
    text:
      'Runs the command as if the emissary were not there: same words, environment, streams, signals and exit code.\n' +
      'Keeps its output, outputs and verdict under <root>/ctr/<name>/; the file exitcode there is written last.',
    example: 'emissary run --timeout 3600 --grace 10 -- php report.php --month 2026-01',
  },
  wait: {
    usage: 'emissary wait [options]',
    text:
      'Waits for the job, streams its output, enforces the deadline, gathers what it left and reports it to MultiFlexi.\n' +
      "Ends with 0 when all was delivered, whatever the job's own code; with 64 when something could not be.",
    example: 'MULTIFLEXI_JOB_ID=42 MULTIFLEXI_DATABASE_URL=sqlite:///data/multiflexi.sqlite emissary wait',
  },
  signal: {
    usage: 'emissary signal [options] NAME SIGNAL',
    text: 'Asks the wrapper of container NAME to send SIGNAL (TERM, SIGTERM or 15) to its job.',
    example: 'emissary signal main TERM',
  },
  report: {
    usage: 'emissary report [options]',
    text: 'Delivers what an earlier wait could not: the spool under <root>/report/.',
    example: 'emissary report --root /backup/volume',
  },
  status: {
    usage: 'emissary status [options]',
    text: 'Shows one line a container: state, exit code, verdict, bytes, time.',
    example: 'emissary status --json',
  },
  manifest: {
    usage: 'emissary manifest [options] APPLICATION.multiflexi.app.json',
    text:
      'Prints the pod (YAML) that runs an application of MultiFlexi: init, the job, and the sidecar that reports it.\n' +
      'Secrets stand in a Secret of their own; the times of the job and of the pod follow from one another.',
    example:
      'emissary manifest --job-id 42 --variables job.env --report-variables report.env app.multiflexi.app.json',
  },
};

/** The help of the whole program. */
export function programHelp(): string {
  const verbs = Object.entries(descriptions).map(
    ([verb, { text }]) => `  ${verb.padEnd(10)}${text.split('\n')[0]?.split(/(?<=\.) /)[0] ?? ''}`,
  );
  return [
    'emissary: the in-container job wrapper of MultiFlexi.',
    '',
    'Usage: emissary VERB [options]',
    '',
    ...verbs,
    '',
    "emissary VERB --help tells more, with an example. Exit status: the job's own for run; 64 for a failure of the",
    'emissary itself; 65 for an input that could not be staged; 126 not executable; 127 not found.',
    '',
  ].join('\n');
}

/** The help of one verb. */
export function verbHelp(verb: Verb): string {
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
    `Usage: ${usage}`,
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
    `  ${example}`,
    '',
  ].join('\n');
}
