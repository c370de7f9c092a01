import { execa } from 'execa';
import { Fault, faultStatus } from '../../base/fault.ts';
import type { NativeJob } from './native-job.ts';

/**
 * Runs `init`, outside the terminal's process group: an interrupt reaches the launcher alone, which then starts no job.
 *
 * @throws Fault `volume` or `inputs` if it fails; Interrupted if a signal came meanwhile
 */
export async function initVolume({
  program,
  root,
  template,
  jobEnvironment,
  screen,
  interrupts,
}: NativeJob): Promise<void> {
  const given = template === null ? [] : ['--template', template];
  const ended = await execa(program, ['init', '--root', root, ...given], {
    env: jobEnvironment,
    extendEnv: false,
    stdin: template === '-' ? 'inherit' : 'ignore',
    stdout: 'ignore',
    detached: true,
    reject: false,
  });
  const said = ended.stderr || (ended.shortMessage ?? '');
  if (ended.exitCode !== 0) {
    const code = ended.exitCode === faultStatus.inputs ? 'inputs' : 'volume';
    throw new Fault(code, `init failed: ${said.replace(/^emissary: /, '')}`);
  }
  if (ended.stderr !== '') screen.note(ended.stderr);
  if (interrupts.status !== null) throw new Interrupted(interrupts.status);
}

/** A signal came before the job was started. */
export class Interrupted extends Error {
  /** What a shell makes of the signal. */
  readonly status: number;

  constructor(status: number) {
    super('interrupted before the job was started');
    this.status = status;
  }
}
