import { readFileSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { lacks, requireProgram } from './require.ts';

const emulator = '/usr/bin/qemu-aarch64-static';
const register = '/proc/sys/fs/binfmt_misc/register';
/** The first 20 bytes of an arm64 program, and the mask of the bits that count (elf(5), binfmt_misc in the kernel's manual). */
const magic = '\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00';
const mask =
  '\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff';

/**
 * Makes the kernel start arm64 programs in the emulator, in containers too, until the test ends.
 * @returns false after the test was skipped because that is not possible here
 */
export function requireEmulation(t: TestContext): boolean {
  if (process.arch === 'arm64') return true;
  if (!requireProgram(t, 'qemu-aarch64-static')) return false;
  if (registered()) return true;
  const name = `emissary-test-${process.pid}`;
  try {
    // F: the emulator is opened now, so that it is found from within any container.
    writeFileSync(register, `:${name}:M::${magic}:${mask}:${emulator}:F`);
  } catch {
    lacks(t, 'the kernel takes no emulator (binfmt_misc is not mounted, or only root may)');
    return false;
  }
  t.after(() => writeFileSync(`/proc/sys/fs/binfmt_misc/${name}`, '-1'));
  return true;
}

function registered(): boolean {
  try {
    return readFileSync('/proc/sys/fs/binfmt_misc/qemu-aarch64', 'utf8').startsWith('enabled');
  } catch {
    return false; // The distribution has not registered it: we do.
  }
}
