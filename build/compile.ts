import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Bundle } from './bundle.ts';

/** What the program does while it is watched: the start of a job with output, its end, and the seal. */
const rehearsal = ['--', 'sh', '-c', 'echo output; echo more >&2'];

/**
 * Compiles the pieces that a job's start and end need. V8 compiles a function when it is first called; what the program
 * has called in a rehearsal of `run` is kept, and the executable finds it compiled (4 ms of 28).
 *
 * @returns the paths of the compiled pieces, by the names of their pieces
 */
export async function compile({ directory }: Bundle): Promise<ReadonlyMap<string, string>> {
  const root = await mkdtemp(join(tmpdir(), 'emissary-rehearsal-'));
  try {
    const { stdout } = await execa(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        join(import.meta.dirname, 'rehearse.ts'),
        directory,
        'run',
        '--root',
        root,
        ...rehearsal,
      ],
      { env: { REHEARSAL_PASSWORD: 'not a secret' }, stderr: 'pipe' },
    );
    const compiled = stdout.split('\n').filter((line) => line.endsWith('.code'));
    return new Map(compiled.map((path) => [path.replace(/^.*\/|\.code$/g, ''), path]));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
