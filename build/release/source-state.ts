import { realpath } from 'node:fs/promises';
import { execa } from 'execa';

/** What the release is made from. */
export interface SourceState {
  /** The commit's hash, or null where this is no checkout. */
  readonly commit: string | null;
  /** The time that all of the release bears, in seconds since 1970: SOURCE_DATE_EPOCH, else the commit's, else 0. */
  readonly seconds: number;
  /** Why the release is not that of a commit, or null. */
  readonly warning: string | null;
}

/** Asks git for the commit of the working directory. */
export async function sourceState(): Promise<SourceState> {
  const fixed = process.env['SOURCE_DATE_EPOCH'];
  const top = await git(['rev-parse', '--show-toplevel']);
  const commit = top === (await realpath('.')) ? await git(['rev-parse', 'HEAD']) : null;
  if (commit === null) return { commit, seconds: Number(fixed ?? 0), warning: 'this is not a git checkout' };
  const seconds = Number(fixed ?? (await git(['show', '--no-patch', '--format=%ct', 'HEAD'])));
  const changed = (await git(['status', '--porcelain'])) !== '';
  return {
    commit,
    seconds,
    warning: changed ? `the tree has changes that are not in commit ${commit.slice(0, 12)}` : null,
  };
}

async function git(args: readonly string[]): Promise<string | null> {
  const { exitCode, stdout } = await execa('git', args, { reject: false });
  return exitCode === 0 ? stdout : null;
}
