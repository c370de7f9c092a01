import { getRawPointer } from 'node:ffi';
import { limits } from '../base/limits.ts';
import { bind } from './libc.ts';

/** The most bytes of all names together, or of one value (xattr(7): XATTR_LIST_MAX, XATTR_SIZE_MAX). */
const maxBytes = 64 * 1024;

const sizeArgument = BigInt(maxBytes);

let calls: ReturnType<typeof bindCalls> | null = null;

/**
 * The names of a file's extended attributes (llistxattr(2)), including ACLs and capabilities; of a link itself.
 * Called for every file of a tree: allocates nothing for files that have none.
 *
 * @param path one character for each byte (latin1)
 * @returns empty if they cannot be read, too
 */
export function attributeNames(path: string): readonly string[] {
  calls ??= bindCalls();
  const { list, pathPointer, found, foundPointer } = calls;
  if (!calls.write(path)) return none;
  const length = list(pathPointer, foundPointer, sizeArgument);
  return length <= 0 ? none : found.toString('latin1', 0, length - 1).split('\0');
}

/** The value of one attribute; null if it cannot be read. */
export function attributeValue(path: string, name: string): Buffer | null {
  calls ??= bindCalls();
  const { get, pathPointer, found, foundPointer } = calls;
  if (!calls.write(path)) return null;
  const length = get(pathPointer, Buffer.from(`${name}\0`, 'latin1'), foundPointer, sizeArgument);
  return length < 0 ? null : Buffer.from(found.subarray(0, length));
}

const none: readonly string[] = [];

/** The buffers do not move in memory: they are not part of V8's heap. */
function bindCalls() {
  const path = Buffer.allocUnsafeSlow(limits.linkBytes);
  const found = Buffer.allocUnsafeSlow(maxBytes);
  const { llistxattr, lgetxattr } = bind({
    llistxattr: { arguments: ['pointer', 'pointer', 'u64'], return: 'i32' },
    lgetxattr: { arguments: ['pointer', 'buffer', 'pointer', 'u64'], return: 'i32' },
  });
  return {
    list: llistxattr,
    get: lgetxattr,
    found,
    pathPointer: getRawPointer(path),
    foundPointer: getRawPointer(found),
    /** False if the path is too long for the kernel. */
    write(text: string): boolean {
      if (text.length >= path.length) return false;
      path[path.write(text, 'latin1')] = 0;
      return true;
    },
  };
}
