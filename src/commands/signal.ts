import { Fault, messageOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import { programName } from '../base/program-name.ts';
import { joinLimited } from '../base/shorten.ts';
import { signalNumber } from '../base/signal-names.ts';
import type { Volume } from '../contract/volume.ts';
import { WrapperLiveness } from '../contract/wrapper-liveness.ts';
import { readSeal } from '../observe/container-state.ts';
import { expectedContainers } from '../observe/expected-containers.ts';
import { openVolume } from '../observe/open-volume.ts';
import { readCommandLine, sourceOf } from '../settings/cli/command-line.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { containerName, rootDirectory } from '../settings/cli/values.ts';

/**
 * `emissary signal NAME SIGNAL`: leaves a signal request, which the container's wrapper obeys once.
 * @returns 0
 */
export async function signal(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const { name, number, root } = signalSettings(invocation, args);
  const volume = openVolume(root);
  const names = new Set([...(await expectedContainers(volume)), ...volume.list('ctr', limits.listedNames)]);
  if (!names.has(name)) {
    const known = joinLimited([...names], ', ');
    throw new Fault('usage', `signal: no container ${name} on ${root}; known containers: ${known}`);
  }
  if (readSeal(volume, name).kind === 'valid' && !isLiving(volume, name)) {
    throw new Fault('usage', `signal: container ${name} has already exited`);
  }
  try {
    volume.makeDirectory('ctr', 0o777);
    volume.makeDirectory(`ctr/${name}`, 0o777);
    volume.publish(`ctr/${name}/signal`, String(number), 0o666);
  } catch (cause) {
    throw new Fault('volume', `Cannot leave a signal request for container ${name}: ${messageOf(cause)}`, {
      cause,
    });
  }
  return 0;
}

/** The seal may be forged by the job while its wrapper is alive. */
function isLiving(volume: Volume, name: string): boolean {
  const liveness = new WrapperLiveness(volume, name, () => undefined);
  const life = liveness.look();
  liveness.close();
  return life === 'living';
}

function signalSettings(invocation: Invocation, args: readonly Buffer[]) {
  const line = readCommandLine('signal', args, invocation.environment);
  const [name, text, ...rest] = line.operands;
  if (name === undefined || text === undefined || rest.length > 0 || line.command !== null) {
    throw new Fault(
      'usage',
      `signal needs a container and a signal, for example: ${programName} signal main TERM`,
    );
  }
  const number = signalNumber(text);
  if (number === null)
    throw new Fault('usage', 'signal: the second operand is not a signal; write it as TERM, SIGTERM or 15');
  return {
    name: containerName(name, 'signal'),
    number,
    root: rootDirectory(line.value('root'), sourceOf('root', args, invocation.environment)),
  };
}
