import { execa } from 'execa';
import { sourceHash, wasBuiltFrom } from '../source-hash.ts';
import type { Interrupts } from './interrupts.ts';
import { StartError } from './start-error.ts';

/**
 * Builds dist/emissary unless it is up to date.
 * @throws StartError when the build fails: the build itself has said why
 */
export async function buildIfChanged(interrupts: Interrupts): Promise<void> {
  if (await wasBuiltFrom(await sourceHash())) return;
  process.stderr.write('Building dist/emissary …\n');
  const { exitCode } = await execa(process.execPath, ['build/build.ts'], {
    stdout: 'ignore',
    stderr: 'inherit',
    reject: false,
    cancelSignal: interrupts.first,
  });
  if (exitCode !== 0) throw new StartError('dist/emissary could not be built');
}
