import { isAbsolute, resolve } from 'node:path';
import { execa } from 'execa';
import { Fault, faultStatus } from '../../base/fault.ts';
import { Volume } from '../../contract/volume.ts';

/** A file, an object, or none. */
type GivenTemplate = { readonly file: string } | { readonly json: object } | null;

/**
 * Makes the job's volume: `init` without the program, which is started from elsewhere. Outside the terminal's process
 * group: an interrupt reaches the launcher alone.
 *
 * @throws Fault `volume` or `inputs`
 */
export async function prepareVolume(of: {
  readonly program: string;
  readonly root: string;
  readonly template: GivenTemplate;
  readonly environment: Readonly<Record<string, string>>;
  readonly note: (line: string) => void;
}): Promise<void> {
  const { program, root, template } = of;
  const { given, stdin } = inputOf(template);
  const ended = await execa(program, ['init', '--without-program', '--root', root, ...given], {
    // Its messages become ours.
    env: { ...of.environment, EMISSARY_LOG_FORMAT: 'text' },
    extendEnv: false,
    // Ours may have been removed.
    cwd: '/',
    ...stdin,
    stdout: 'ignore',
    detached: true,
    reject: false,
  });
  const said = ended.stderr || (ended.shortMessage ?? '');
  if (ended.exitCode !== 0) {
    const code = ended.exitCode === faultStatus.inputs ? 'inputs' : 'volume';
    throw new Fault(code, `init failed: ${said.replace(/^emissary: /, '')}`);
  }
  for (const line of ended.stderr.split('\n')) if (line !== '') of.note(line);
  const volume = new Volume(root);
  // Whoever comes first makes it; to watch it, it must be there.
  volume.makeDirectory('ctr/main', 0o777);
  volume.close();
}

function inputOf(template: GivenTemplate) {
  if (template === null) return { given: [], stdin: { stdin: 'ignore' } as const };
  if ('json' in template)
    return { given: ['--template', '-'], stdin: { input: JSON.stringify(template.json) } };
  const from = template.file === '-' ? 'inherit' : 'ignore';
  const file = template.file === '-' || isAbsolute(template.file) ? template.file : resolve(template.file);
  return { given: ['--template', file], stdin: { stdin: from } as const };
}
