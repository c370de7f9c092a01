import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { emissary } from './emissary.ts';
import { temporaryVolume } from './volume.ts';

/** A volume on which `emissary init` was run. */
export interface InstalledVolume {
  readonly root: string;
  /** The installed program. */
  readonly program: string;
}

/** Runs `emissary init` on a new volume, or on this one. */
export async function installedVolume(t: TestContext, at?: string): Promise<InstalledVolume> {
  const root = at ?? temporaryVolume(t);
  const { status, stderr } = await emissary(['init', '--root', root]);
  assert.deepEqual([status, stderr], [0, '']);
  return { root, program: join(root, 'emissary') };
}
