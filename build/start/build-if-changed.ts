import { execa } from 'execa';
import { sourceHash, wasBuiltFrom } from '../source-hash.ts';
import { StartError } from './start-error.ts';

/**
 * Builds the programs unless they are up to date.
 * @throws StartError when the build fails: the build itself has said why
 */
export async function buildIfChanged(cancelSignal: AbortSignal): Promise<void> {
  if (await wasBuiltFrom(await sourceHash())) return;
  process.stderr.write('Building the programs …\n');
  const { exitCode } = await execa(process.execPath, ['build/build.ts'], {
    stdout: 'ignore',
    stderr: 'inherit',
    reject: false,
    cancelSignal,
  });
  if (exitCode !== 0) throw new StartError('the programs could not be built');
}
