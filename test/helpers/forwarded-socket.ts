import { chmodSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { temporaryVolume } from './volume.ts';

/**
 * A socket that forwards every connection to another one, as an engine's own socket with other rights.
 *
 * @param to null: connections are closed at once
 * @param mode of the socket: 0o666
 * @returns its path
 */
export async function forwardedSocket(t: TestContext, to: string | null, mode: number): Promise<string> {
  const path = join(temporaryVolume(t), 'engine.sock');
  const server = createServer({ allowHalfOpen: true }, (near) => {
    near.on('error', () => undefined);
    if (to === null) {
      near.destroy();
      return;
    }
    const far = connect({ path: to, allowHalfOpen: true });
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  chmodSync(path, mode);
  atEnd(t, () => server.close());
  return path;
}
