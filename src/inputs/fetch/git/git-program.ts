import { accessSync, constants, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { umask } from 'node:process';
import type { GitSource } from '../../../settings/template/template.ts';
import { type GitAccess, noCommit } from './git-access.ts';
import { gitEnvironment } from './git-environment.ts';
import { HeldKeys } from './held-keys.ts';
import { GitFailure, runGit } from './run-git.ts';

/** The program git. */
export class GitProgram {
  readonly #path: string;
  readonly #access: GitAccess;
  readonly #signal: AbortSignal;

  private constructor(path: string, access: GitAccess, signal: AbortSignal) {
    this.#path = path;
    this.#access = access;
    this.#signal = signal;
  }

  /** Null: there is none on PATH. */
  static find(access: GitAccess, signal: AbortSignal): GitProgram | null {
    const directories = (access.environment.get('PATH') ?? '').split(':').filter((each) => each !== '');
    const path = directories.map((each) => join(each, 'git')).find(isExecutable);
    return path === undefined ? null : new GitProgram(path, access, signal);
  }

  /** @throws Error whose message is the reason */
  async checkOut(source: GitSource, place: string, isCommit: boolean): Promise<void> {
    const keys = new HeldKeys(this.#access);
    // The job may run as another user.
    const before = umask(0o022);
    try {
      const environment = gitEnvironment(this.#access, keys.paths);
      const { held } = keys;
      const git = (args: readonly string[]) =>
        runGit({ path: this.#path, args, environment, held, signal: this.#signal });
      if (isCommit) await checkOutCommit(git, source, place, this.#access.address);
      else await clone(git, source, place, this.#access.address);
      await git(['-C', place, 'rev-parse', '--quiet', '--verify', 'HEAD^{commit}']).catch((cause) => {
        throw new Error(noCommit, { cause });
      });
      if (source.submodules)
        await git(['-C', place, 'submodule', 'update', '--init', '--recursive', ...depthOf(source)]);
    } finally {
      umask(before);
      keys.close();
    }
  }
}

type Git = (args: readonly string[]) => Promise<void>;

/** A branch, a tag, or anything else that names a commit. */
async function clone(git: Git, source: GitSource, place: string, address: string): Promise<void> {
  const { revision, singleBranch } = source;
  const only = singleBranch ? ['--single-branch'] : ['--no-single-branch'];
  const branch = revision === null ? [] : ['--branch', revision];
  try {
    await git(['clone', '--quiet', ...depthOf(source), ...only, ...branch, '--', address, place]);
  } catch (error) {
    if (revision === null || !(error instanceof GitFailure) || !error.isOfRevision) throw error;
    rmSync(place, { recursive: true, force: true });
    await begin(git, place, address);
    // A reference of another kind, such as refs/pull/1/head.
    const fetch = ['-C', place, 'fetch', '--quiet'];
    if (revision.startsWith('refs/')) {
      await git([...fetch, ...depthOf(source), 'origin', '--', revision]);
      await git(['-C', place, 'checkout', '--quiet', '--detach', 'FETCH_HEAD']);
    } else {
      await git([...fetch, '--tags', 'origin']);
      await git(['-C', place, 'checkout', '--quiet', '--detach', `${revision}^{commit}`]);
    }
  }
}

async function begin(git: Git, place: string, address: string): Promise<void> {
  await git(['init', '--quiet', '--', place]);
  await git(['-C', place, 'remote', 'add', '--', 'origin', address]);
}

/** A server may refuse a commit that is no branch's tip: then everything is fetched that leads to it. */
async function checkOutCommit(git: Git, source: GitSource, place: string, address: string): Promise<void> {
  const commit = source.revision ?? '';
  await begin(git, place, address);
  const fetch = ['-C', place, 'fetch', '--quiet'];
  try {
    await git([...fetch, ...depthOf(source), 'origin', '--', commit]);
  } catch (error) {
    if (!(error instanceof GitFailure) || !error.isOfRevision) throw error;
    const shallow = join(place, '.git/shallow');
    await git([...fetch, ...(existsSync(shallow) ? ['--unshallow'] : []), '--tags', 'origin']);
  }
  await git(['-C', place, 'checkout', '--quiet', '--detach', `${commit}^{commit}`]);
}

function depthOf({ depth }: GitSource): readonly string[] {
  return depth === null ? [] : ['--depth', String(depth)];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // The next directory of PATH may have it.
  }
}
