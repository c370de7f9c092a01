import { gzipSync } from 'node:zlib';
import { descriptions } from '../../src/settings/cli/descriptions.ts';
import { purposes } from '../../src/settings/cli/help.ts';
import { options } from '../../src/settings/cli/options.ts';
import { variables } from '../../src/settings/cli/variables.ts';
import { type Verb, verbs } from '../../src/settings/cli/verbs.ts';
import { programs } from '../programs.ts';
import { linkBeside, type PackageFile, plainFile } from './package-file.ts';
import { homeOf, type ProgramName, verbsOf } from './program-verbs.ts';
import { bold, entry, italic, roff, section, synopsis } from './roff.ts';

const directory = 'usr/share/man/man1';

/** What the foot of every page names. */
interface Edition {
  readonly version: string;
  /** The release's time, since 1970. */
  readonly seconds: number;
}

/**
 * The manual, made from the tables that the help is made from: a page for each program and one for each verb, as git
 * has them. A verb of both programs has one page, found under both names.
 */
export function manPages(edition: Edition): readonly PackageFile[] {
  return [
    ...programs.map((program) => page(program, programPage(program, edition))),
    ...verbs.flatMap((verb) => {
      const name = pageOf(verb);
      const others = programs.filter(
        (program) => program !== homeOf(verb) && verbsOf(program).includes(verb),
      );
      return [
        page(name, verbPage(verb, edition)),
        ...others.map((program) => linkBeside(`${directory}/${program}-${verb}.1.gz`, `${name}.1.gz`)),
      ];
    }),
  ];
}

function page(name: string, text: string): PackageFile {
  return plainFile(`${directory}/${name}.1.gz`, gzipSync(text, { level: 9 }));
}

function pageOf(verb: Verb): string {
  return `${homeOf(verb)}-${verb}`;
}

function programPage(program: ProgramName, edition: Edition): string {
  const purpose = (purposes[program] ?? '').replace(/\.$/, '').replace(/^the /, '');
  return document(program, edition, [
    section('NAME', `${roff(program)} \\- ${roff(purpose)}`),
    section(
      'SYNOPSIS',
      `${bold(program)} ${italic('VERB')} [options]\n.br\n${bold(program)} ${bold('--version')}`,
    ),
    section(
      'DESCRIPTION',
      `${bold(program)} is ${roff(purposes[program] ?? '')}`,
      'Each verb has a manual page of its own.',
    ),
    section(
      'VERBS',
      ...verbsOf(program).map((verb) => entry(reference(pageOf(verb)), roff(summaryOf(verb)))),
    ),
    section('EXIT STATUS', ...exitStatus(null)),
    ...(program === 'multiflexi-emissary' ? [section('FILES', ...files)] : []),
    section(
      'SEE ALSO',
      programs
        .filter((other) => other !== program)
        .map(reference)
        .join(', '),
    ),
  ]);
}

function verbPage(verb: Verb, edition: Edition): string {
  const { usage, text, example } = descriptions[verb];
  const home = homeOf(verb);
  const names = programs
    .filter((program) => verbsOf(program).includes(verb))
    .map((each) => `${each}-${verb}`);
  const known = options.filter((option) => option.verbs.includes(verb));
  const others = variables.filter((variable) => variable.verbs.includes(verb));
  const summary = summaryOf(verb).replace(/\.$/, '');
  return document(pageOf(verb), edition, [
    section(
      'NAME',
      `${names.map(roff).join(', ')} \\- ${roff(summary.charAt(0).toLowerCase() + summary.slice(1))}`,
    ),
    section('SYNOPSIS', `${bold(home)} ${synopsis(usage)}`),
    section('DESCRIPTION', text.split('\n').map(roff).join('\n')),
    section(
      'OPTIONS',
      ...known.map(({ name, value, help, variables: standIns }) => {
        const tag = `${bold(`--${name}`)}${value === null ? '' : ` ${italic(value)}`}`;
        const also = standIns.length === 0 ? '' : `\n.br\nVariables: ${standIns.map(bold).join(', ')}`;
        return entry(tag, `${roff(help)}${also}`);
      }),
      entry(bold('--help'), 'show the options'),
      entry(bold('--version'), 'show the version'),
    ),
    section('ENVIRONMENT', ...others.map(({ name, help }) => entry(bold(name), roff(help)))),
    section('EXIT STATUS', ...exitStatus(verb)),
    section('EXAMPLES', `.nf\n${roff(example.replaceAll('{program}', home))}\n.fi`),
    section('SEE ALSO', programs.map(reference).join(', ')),
  ]);
}

const failure = entry(
  bold('64'),
  'The emissary itself failed; one sentence on the standard error tells how.',
);
const unstaged = entry(bold('65'), 'An input could not be staged.');

/** The verbs that exit as the job does. */
const likeTheJob: readonly string[] = ['run', 'launch', 'attach'];

/** What the exit status of a verb tells; of a program's, where no verb is given. */
function exitStatus(verb: Verb | null): readonly string[] {
  if (verb === null || likeTheJob.includes(verb)) {
    return [
      entry("the job's", 'The verb ran a job.'),
      failure,
      unstaged,
      entry(bold('126'), 'The command cannot be executed.'),
      entry(bold('127'), 'The command was not found.'),
    ];
  }
  return [entry(bold('0'), 'Success.'), failure, ...(verb === 'init' ? [unstaged] : [])];
}

const files = [
  entry(italic('/etc/multiflexi/multiflexi-emissary.env'), "Variables for MultiFlexi's daemon."),
  entry(italic('/var/lib/multiflexi-emissary'), 'Launched jobs that are not reported yet.'),
];

function document(name: string, { version, seconds }: Edition, sections: readonly string[]): string {
  const date = new Date(seconds * 1000).toISOString().slice(0, 10);
  const head = `.TH ${roff(name.toUpperCase())} 1 ${date} "multiflexi\\-emissary ${roff(version)}" "MultiFlexi"`;
  // Left-aligned and not hyphenated: paths and URLs have no place to be broken at.
  return `${[head, '.nh', '.ad l', ...sections.filter((each) => each !== '')].join('\n')}\n`;
}

function reference(name: string): string {
  return `${bold(name)}(1)`;
}

function summaryOf(verb: Verb): string {
  return descriptions[verb].text.split('\n')[0]?.split(/(?<=\.) |:(?= )/)[0] ?? '';
}
