import { cpSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { execa } from 'execa';

/** What a checkout does not have. */
const left = ['node_modules', 'dist', '.git'];

/** A git checkout of this tree as it is now, after `npm ci`. The caller removes the directory. */
export async function makeCheckout(): Promise<string> {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'emissary-test-checkout-'));
  cpSync('.', directory, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !left.includes(basename(path)),
  });
  await git(directory, ['init', '--quiet']);
  // In .gitignore node_modules is a directory; here it is a link.
  writeFileSync(join(directory, '.git/info/exclude'), 'node_modules\n');
  symlinkSync(resolve('node_modules'), join(directory, 'node_modules'));
  await git(directory, ['add', '--all']);
  await git(directory, ['commit', '--quiet', '--no-verify', '--message', 'Everything']);
  return directory;
}

/** Runs git in a checkout, as nobody in particular; gives what it printed. */
export async function git(directory: string, args: readonly string[]): Promise<string> {
  const { stdout } = await execa('git', args, { cwd: directory, env: gitIdentity });
  return stdout;
}

/** Git takes its settings from these variables alone. */
export const gitIdentity = {
  GIT_AUTHOR_NAME: 'test',
  GIT_AUTHOR_EMAIL: 'test@example.invalid',
  GIT_COMMITTER_NAME: 'test',
  GIT_COMMITTER_EMAIL: 'test@example.invalid',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};
