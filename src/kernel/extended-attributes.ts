import { getRawPointer } from 'node:ffi';
import { limits } from '../base/limits.ts';
import { bind } from './libc.ts';

/** Bytes that all names, or one value, have at the most (xattr(7): XATTR_LIST_MAX, XATTR_SIZE_MAX). */
const mostBytes = 64 * 1024;

const sizeArgument = BigInt(mostBytes);

let calls: ReturnType<typeof bindCalls> | null = null;

/**
 * The names of a file's extended attributes (llistxattr(2)), ACLs and capabilities among them; of a link itself.
 * Asked for every file of a tree: nothing is allocated for those that have none.
 *
 * @param path one character for each byte (latin1)
 * @returns none also where they cannot be had
 */
export function attributeNames(path: string): readonly string[] {
  calls ??= bindCalls();
  const { list, pathPlace, found, foundPlace } = calls;
  if (!calls.write(path)) return none;
  const length = list(pathPlace, foundPlace, sizeArgument);
  return length <= 0 ? none : found.toString('latin1', 0, length - 1).split('\0');
}

/** The value of one; null where it cannot be had. */
export function attributeValue(path: string, name: string): Buffer | null {
  calls ??= bindCalls();
  const { get, pathPlace, found, foundPlace } = calls;
  if (!calls.write(path)) return null;
  const length = get(pathPlace, Buffer.from(`${name}\0`, 'latin1'), foundPlace, sizeArgument);
  return length < 0 ? null : Buffer.from(found.subarray(0, length));
}

const none: readonly string[] = [];

/** The places in memory stay where they are: they are not a part of Node's heap. */
function bindCalls() {
  const path = Buffer.allocUnsafeSlow(limits.linkBytes);
  const found = Buffer.allocUnsafeSlow(mostBytes);
  const { llistxattr, lgetxattr } = bind({
    llistxattr: { arguments: ['pointer', 'pointer', 'u64'], return: 'i32' },
    lgetxattr: { arguments: ['pointer', 'buffer', 'pointer', 'u64'], return: 'i32' },
  });
  return {
    list: llistxattr,
    get: lgetxattr,
    found,
    pathPlace: getRawPointer(path),
    foundPlace: getRawPointer(found),
    /** False where the kernel takes no so long path. */
    write(text: string): boolean {
      if (text.length >= path.length) return false;
      path[path.write(text, 'latin1')] = 0;
      return true;
    },
  };
}
