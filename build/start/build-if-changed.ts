import { execa } from 'execa';
import type { Interrupts } from './interrupts.ts';
import { StartError } from './start-error.ts';

/**
 * Builds dist/emissary unless it is up to date; says so only where there is something to wait for.
 * @throws StartError when the build fails: the build itself has said why
 */
export async function buildIfChanged(interrupts: Interrupts): Promise<void> {
  const build = execa(process.execPath, ['build/build.ts', '--if-changed'], {
    stdout: 'ignore',
    stderr: 'inherit',
    reject: false,
    cancelSignal: interrupts.first,
  });
  const patience = setTimeout(() => process.stderr.write('Building dist/emissary …\n'), 500);
  const { exitCode } = await build;
  clearTimeout(patience);
  if (exitCode !== 0) throw new StartError('dist/emissary could not be built');
}
