import { getRawPointer } from 'node:ffi';
import { allSignals, whileIgnoring } from './ignored-signals.ts';
import { bind } from './libc.ts';
import { signalSet } from './signal-set.ts';

const setProcessGroup = 0x02;
const setDefaultSignals = 0x04;
const setSignalMask = 0x08;
const setSession = 0x80;
const readWrite = 2;
const standard = [0, 1, 2] as const;

/** Larger than posix_spawnattr_t (336 bytes) and posix_spawn_file_actions_t (80 bytes) of any 64-bit glibc. */
const structBytes = 512;

const bindSpawn = () =>
  bind({
    posix_spawn: { arguments: ['buffer', 'buffer', 'buffer', 'buffer', 'buffer', 'buffer'], return: 'i32' },
    posix_spawnattr_init: { arguments: ['buffer'], return: 'i32' },
    posix_spawnattr_destroy: { arguments: ['buffer'], return: 'i32' },
    posix_spawnattr_setflags: { arguments: ['buffer', 'i32'], return: 'i32' },
    posix_spawnattr_setsigdefault: { arguments: ['buffer', 'buffer'], return: 'i32' },
    posix_spawnattr_setsigmask: { arguments: ['buffer', 'buffer'], return: 'i32' },
    posix_spawn_file_actions_init: { arguments: ['buffer'], return: 'i32' },
    posix_spawn_file_actions_destroy: { arguments: ['buffer'], return: 'i32' },
    posix_spawn_file_actions_adddup2: { arguments: ['buffer', 'i32', 'i32'], return: 'i32' },
    posix_spawn_file_actions_addopen: { arguments: ['buffer', 'i32', 'buffer', 'i32', 'u32'], return: 'i32' },
  });
let functions: ReturnType<typeof bindSpawn> | null = null;
const libc = () => (functions ??= bindSpawn());

/** Where a child's descriptor comes from: one of ours, or a file that the child opens itself. */
export type DescriptorSource = { readonly descriptor: number } | { readonly open: string };

/** A process that was started, or the errno of what failed. */
export type Spawned = { readonly pid: number } | { readonly errno: number };

/** A program to start. Bytes are passed unchanged. */
export interface SpawnRequest {
  /** The file to execute; no search, no shell. */
  readonly file: Buffer;
  readonly args: readonly Buffer[];
  /** `NAME=value` each. */
  readonly environment: readonly Buffer[];
  /** The child's standard descriptors, by number; those that are not listed are inherited. */
  readonly descriptors: ReadonlyMap<number, DescriptorSource>;
  /** More of our descriptors that stay open in the child, under their numbers. */
  readonly kept?: readonly number[];
  /** Signals that the child ignores; all others have their default action. */
  readonly ignored: readonly number[];
  /** The child leads a new process group, or a new session (whose controlling terminal is the first that it opens). */
  readonly leads: 'group' | 'session';
}

/**
 * posix_spawn(3): starts a program with no signal blocked. It inherits this process's umask, directory, user, limits
 * and descriptors above 2: our own are close-on-exec, those that we were started with are not
 * (`build/runtime/keep-descriptors.ts`).
 *
 * @returns the process ID, or the errno of what failed, including exec
 */
export function spawnProcess(request: SpawnRequest): Spawned {
  const attributes = Buffer.alloc(structBytes);
  const actions = Buffer.alloc(structBytes);
  libc().posix_spawnattr_init(attributes);
  libc().posix_spawn_file_actions_init(actions);
  // The paths' memory must stay allocated until the call.
  const paths: Buffer[] = [];
  try {
    setAttributes(attributes, request);
    for (const number of standard) {
      const source = request.descriptors.get(number) ?? { descriptor: number };
      addAction(actions, number, source, paths);
    }
    for (const number of request.kept ?? []) addAction(actions, number, { descriptor: number }, paths);
    const pid = Buffer.alloc(4);
    const args = pointerArray(request.args);
    const environment = pointerArray(request.environment);
    const file = Buffer.concat([request.file, Buffer.alloc(1)]);
    // posix_spawn cannot make a child ignore a signal: a child inherits what its parent ignores.
    const failed = whileIgnoring(request.ignored, () =>
      libc().posix_spawn(pid, file, actions, attributes, args.pointers, environment.pointers),
    );
    return failed === 0 ? { pid: pid.readInt32LE(0) } : { errno: failed };
  } finally {
    libc().posix_spawn_file_actions_destroy(actions);
    libc().posix_spawnattr_destroy(attributes);
    paths.length = 0;
  }
}

function setAttributes(attributes: Buffer, { leads, ignored }: SpawnRequest): void {
  const defaults = allSignals.filter((signal) => !ignored.includes(signal));
  libc().posix_spawnattr_setsigdefault(attributes, signalSet(defaults));
  libc().posix_spawnattr_setsigmask(attributes, signalSet([]));
  const leadership = leads === 'session' ? setSession : setProcessGroup;
  libc().posix_spawnattr_setflags(attributes, leadership | setDefaultSignals | setSignalMask);
}

function addAction(actions: Buffer, number: number, source: DescriptorSource, paths: Buffer[]): void {
  if ('open' in source) {
    const path = Buffer.from(`${source.open}\0`);
    paths.push(path);
    libc().posix_spawn_file_actions_addopen(actions, number, path, readWrite, 0);
  } else {
    // Also needed if both are the same: the descriptor then stays open over the exec.
    libc().posix_spawn_file_actions_adddup2(actions, source.descriptor, number);
  }
}

/** A C array of strings: one block of memory with all the bytes, and a NULL-terminated array of pointers into it. */
function pointerArray(strings: readonly Buffer[]): { readonly pointers: Buffer; readonly bytes: Buffer } {
  const end = Buffer.alloc(1);
  const bytes = Buffer.concat(strings.flatMap((string) => [string, end]).concat(end));
  const pointers = Buffer.alloc(8 * (strings.length + 1));
  let address = getRawPointer(bytes);
  for (const [index, string] of strings.entries()) {
    pointers.writeBigUInt64LE(address, 8 * index);
    address += BigInt(string.length + 1);
  }
  return { pointers, bytes };
}
