import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitAccess } from './git-access.ts';

/** The first descriptor that git gets besides its standard streams. */
const firstHeld = 3;

/** Where ssh, a child of git, finds what it needs; null: it was not given. Words of a shell. */
export interface KeyPaths {
  readonly key: string | null;
  readonly knownHosts: string | null;
}

/**
 * The private key and the known hosts as files without a name: however this process ends, they go with it. ssh closes
 * what it inherits, and finds them at git, its parent.
 */
export class HeldKeys {
  readonly paths: KeyPaths;
  readonly #held: number[] = [];

  /** @throws the operating system's error */
  constructor({ sshKey, knownHosts }: GitAccess) {
    this.paths = { key: this.#hold(sshKey), knownHosts: this.#hold(knownHosts) };
  }

  /** Descriptors that git inherits, from 3 on. */
  get held(): readonly number[] {
    return this.#held;
  }

  close(): void {
    for (const file of this.#held) closeSync(file);
  }

  #hold(text: string | null): string | null {
    if (text === null) return null;
    const path = join(tmpdir(), `emissary-git-${crypto.randomUUID()}`);
    const file = openSync(path, 'wx+', 0o600);
    this.#held.push(file);
    unlinkSync(path);
    // ssh refuses a key without its last line break.
    writeSync(file, `${text}\n`);
    return `/proc/$PPID/fd/${firstHeld + this.#held.length - 1}`;
  }
}
