import { lstatSync, readdirSync, readlinkSync } from 'node:fs';

const lastStandard = 2;
const readBit = 0o400;
const anonymous = 'anon_inode:';

/** What stands behind a descriptor. */
interface Descriptor {
  readonly number: number;
  /** A path, `pipe:[…]`, `socket:[…]` (proc(5)). */
  readonly place: string;
  readonly readable: boolean;
}

/**
 * The descriptors above 2 that this process was started with: a job is to have them too (a service manager's sockets, a
 * shell's `3>file`). Node marks them close-on-exec at its start and does not tell; but what it opens itself is anonymous
 * (epoll, eventfd, io_uring) or a pipe of which it holds both ends. To be called before anything else is opened.
 * Empty where /proc is not mounted.
 */
export function inheritedDescriptors(): readonly number[] {
  const all = descriptorNames().flatMap(describe);
  const own = ({ place, readable }: Descriptor) =>
    place.startsWith('pipe:') && all.some((other) => other.place === place && other.readable !== readable);
  return all.filter((descriptor) => !own(descriptor)).map(({ number }) => number);
}

function descriptorNames(): readonly string[] {
  try {
    return readdirSync('/proc/self/fd').filter((name) => Number(name) > lastStandard);
  } catch {
    return []; // No /proc.
  }
}

function describe(name: string): readonly Descriptor[] {
  const path = `/proc/self/fd/${name}`;
  try {
    const place = readlinkSync(path);
    if (place.startsWith(anonymous)) return [];
    return [{ number: Number(name), place, readable: (lstatSync(path).mode & readBit) !== 0 }];
  } catch {
    return []; // The descriptor by which the directory was read; it is closed.
  }
}
