import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { makeCheckout } from './checkout.ts';

/** What `npm run release` made. */
export interface Release {
  /** The release's own directory. */
  readonly directory: string;
  /** The checkout that it was made in. The caller removes it. */
  readonly checkout: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** A release that takes longer hangs, ms. */
const boundMs = 20 * 60_000;

/** Makes a release in a clean checkout; only what an earlier build has fetched from elsewhere is there. */
export async function makeRelease(): Promise<Release> {
  const checkout = await makeCheckout();
  mkdirSync(join(checkout, 'dist'));
  for (const fetched of readdirSync('dist').filter((each) => /^(runtime|libraries)-[^.]+[\d.]*$/.test(each)))
    symlinkSync(resolve('dist', fetched), join(checkout, 'dist', fetched));
  const { stdout, stderr } = await execa('npm', ['run', 'release'], { cwd: checkout, timeout: boundMs });
  return { directory: join(checkout, 'dist/release'), checkout, stdout, stderr };
}
