import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** A directory as an archive. */
export interface PackedDirectory {
  readonly stream: Readable;
  /** @throws if the archive is not whole */
  readonly ended: Promise<void>;
}

/**
 * Packs a directory as .tar.gz with the machine's tar, which every Linux host has: owned by root, with its own modes. The
 * bootstrap comes last, since who finds it takes the program for whole.
 *
 * @param below the path that it gets in the archive; empty: none
 */
export function packDirectory(directory: string, below: string): PackedDirectory {
  const rename = below === '' ? [] : [`--transform=s,^[.],${below.slice(1)},`];
  const format = [
    '--create',
    '--file=-',
    '--use-compress-program=gzip -1',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    // No padding: podman stops reading at the two blocks that end an archive, and answers 500 when it then cannot pass on
    // what follows them (buildah issue 6573).
    '--blocking-factor=1',
  ];
  const order = ['--sort=name', ...rename, '.'];
  const child = spawn('tar', [...format, `--directory=${directory}`, ...order], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  });
  let said = '';
  child.stderr.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  const ended = once(child, 'close').then(([status]) => {
    if (status !== 0)
      throw new Error(`Cannot pack ${directory}: ${said.trim() || `tar ended with ${status}`}`);
  });
  // Whoever sends it awaits it; a failed request may be first.
  ended.catch(() => undefined);
  return { stream: child.stdout, ended };
}
