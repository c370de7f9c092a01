import { spawnSync } from 'node:child_process';

/** Another wrapper: its words come before the job's. */
export interface Peer {
  readonly name: string;
  /** `{root}` in a word stands for a fresh directory. */
  readonly args: readonly string[];
}

const known: readonly Peer[] = [
  { name: 'tini', args: ['tini', '-s', '--'] },
  { name: 'dumb-init', args: ['dumb-init', '--'] },
];

/** The known wrappers that are on PATH. */
export function peersAtHand(): readonly Peer[] {
  return known.filter(({ args: [file = '', ...rest] }) => spawnSync(file, [...rest, 'true']).status === 0);
}

/** Reads `name=command words …`; words are parted at spaces. */
export function readPeer(text: string): Peer {
  const [, name, command] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || command === undefined) throw new Error(`--peer: "${text}" is not name=command`);
  return { name, args: command.split(' ').filter((arg) => arg !== '') };
}

/** The whole command of a job under a peer. */
export function underPeer(peer: Peer, root: string, job: readonly string[]): readonly string[] {
  return [...peer.args.map((arg) => arg.replaceAll('{root}', root)), ...job];
}
