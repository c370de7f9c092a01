import { Fault, messageOf } from '../base/fault.ts';
import { programName } from '../base/program-name.ts';
import { largestExitCode } from '../contract/records.ts';
import { WrapperLiveness } from '../contract/wrapper-liveness.ts';
import { readPaused } from '../observe/container-state.ts';
import { openVolume } from '../observe/open-volume.ts';
import { readCommandLine, sourceOf } from '../settings/cli/command-line.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { containerName, rootDirectory, wholeNumber } from '../settings/cli/values.ts';

/**
 * `emissary resume NAME`: lets a container go on whose failed job is held, with the exit code that a person decides.
 * @returns 0
 */
export async function resume(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const { name, exitCode, root } = resumeSettings(invocation, args);
  const volume = openVolume(root);
  const liveness = new WrapperLiveness(volume, name, () => undefined);
  const life = liveness.look();
  liveness.close();
  if (life === 'gone' || (await readPaused(volume, name)) === null)
    throw new Fault('usage', `resume: container ${name} on ${root} is not paused after a failure`);
  try {
    volume.publish(`ctr/${name}/resume`, `${exitCode ?? ''}\n`, 0o666);
  } catch (cause) {
    throw new Fault('volume', `Cannot resume container ${name}: ${messageOf(cause)}`, { cause });
  }
  return 0;
}

function resumeSettings(invocation: Invocation, args: readonly Buffer[]) {
  const line = readCommandLine('resume', args, invocation.environment);
  const [name, ...rest] = line.operands;
  if (name === undefined || rest.length > 0 || line.command !== null)
    throw new Fault('usage', `resume needs a container, for example: ${programName} resume main`);
  const text = line.value('exit-code');
  const exitCode = text === null ? null : wholeNumber(text, '--exit-code');
  if (exitCode !== null && exitCode > largestExitCode)
    throw new Fault('usage', `--exit-code is more than ${largestExitCode}`);
  return {
    name: containerName(name, 'resume'),
    exitCode,
    root: rootDirectory(line.value('root'), sourceOf('root', args, invocation.environment)),
  };
}
