import { constants } from 'node:fs';
import { pid } from 'node:process';
import { openBeneath, removeWithin, renameWithin } from '../kernel/open-beneath.ts';
import type { Place } from './unpublished-file.ts';

/** The temporary names of a `PlaceBeneath`. */
const temporaryName = /^\.emissary\.[0-9]+\.tmp$/;

/** Whether a file of this name was left unpublished by its writer. */
export function isTemporary(name: string): boolean {
  return temporaryName.test(name);
}

/**
 * A place in an open directory, which follows no links. The temporary name is short, because the file's own may have
 * the maximum length. It differs from that of `publish`: in a container's directory the wrapper and the reporter both
 * write, and in their containers both may be process 1.
 */
export class PlaceBeneath implements Place {
  readonly #parent: number;
  readonly #name: string;
  readonly #temporary = `.emissary.${pid}.tmp`;

  /** @param parent a descriptor of the directory, which the caller closes */
  constructor(parent: number, name: string) {
    this.#parent = parent;
    this.#name = name;
  }

  /** See `Place`. */
  create(mode: number): number {
    this.remove();
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    return openBeneath(this.#parent, this.#temporary, flags, mode);
  }

  /** See `Place`. */
  publish(): void {
    renameWithin(this.#parent, this.#temporary, this.#name);
  }

  /** See `Place`. */
  remove(): void {
    removeWithin(this.#parent, this.#temporary);
  }
}
