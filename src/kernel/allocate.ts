import { bind } from './libc.ts';

let functions: ReturnType<typeof bindAllocate> | null = null;

/**
 * Allocates blocks for a file's first bytes without writing them (fallocate(2)). On a copy-on-write file system, the
 * first write then uses these blocks.
 *
 * @returns whether it succeeded
 */
export function allocate(file: number, bytes: number): boolean {
  functions ??= bindAllocate();
  return functions.fallocate(file, 0, 0n, BigInt(bytes)) === 0;
}

/** Sets an extended attribute of a file (fsetxattr(2)). @returns whether it succeeded */
export function setAttribute(file: number, name: string, value: Buffer): boolean {
  functions ??= bindAllocate();
  return functions.fsetxattr(file, Buffer.from(`${name}\0`), value, BigInt(value.length), 0) === 0;
}

function bindAllocate() {
  return bind({
    fallocate: { arguments: ['i32', 'i32', 'i64', 'i64'], return: 'i32' },
    fsetxattr: { arguments: ['i32', 'buffer', 'buffer', 'u64', 'i32'], return: 'i32' },
  });
}
