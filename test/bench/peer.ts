import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Another wrapper: its words come before the job's. */
export interface Peer {
  readonly name: string;
  /** `{root}` in a word stands for a fresh directory. */
  readonly args: readonly string[];
  /** The directory that it keeps its files in, laid out as Argo's and ours; null: it has none. */
  readonly root: string | null;
}

const known: readonly Peer[] = [
  { name: 'tini', args: ['tini', '-s', '--'], root: null },
  { name: 'dumb-init', args: ['dumb-init', '--'], root: null },
];

/** The known wrappers that are on PATH. */
export function peersAtHand(): readonly Peer[] {
  return known.filter(({ args: [file = '', ...rest] }) => spawnSync(file, [...rest, 'true']).status === 0);
}

/** Reads `name=command words …` or `name@ROOT=command words …`; words are parted at spaces. */
export function readPeer(text: string): Peer {
  const [, name, root, command] = /^([^=@]+)(?:@([^=]+))?=(.+)$/.exec(text) ?? [];
  if (name === undefined || command === undefined)
    throw new Error(`--peer: "${text}" is not name=command or name@ROOT=command`);
  return { name, args: command.split(' ').filter((arg) => arg !== ''), root: root ?? null };
}

/** Ourselves as a wrapper among others. */
export function ourselves(program: string): Peer {
  return {
    name: 'ours',
    args: [program, 'run', '--root', '{root}', '--log-limit', '0', '--'],
    root: '{root}',
  };
}

/**
 * A directory for one run: a fresh one, or, if the wrapper always takes the same, that one, emptied.
 * @returns the directory where the wrapper keeps its files, if it has one, and the whole command of the job
 */
export function placeOf(
  peer: Peer,
  fresh: string,
  job: readonly string[],
): { readonly root: string | null; readonly args: readonly string[] } {
  const root = peer.root?.replaceAll('{root}', fresh) ?? null;
  if (root !== null) emptyDirectory(root);
  return { root, args: underPeer(peer, fresh, job) };
}

function emptyDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
  // Wrappers that know Argo's layout want a template.
  writeFileSync(join(directory, 'template'), '{}');
}

/** The whole command of a job under a peer. */
export function underPeer(peer: Peer, root: string, job: readonly string[]): readonly string[] {
  return [...peer.args.map((arg) => arg.replaceAll('{root}', root)), ...job];
}
