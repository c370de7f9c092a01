import { closeSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { getegid, geteuid } from 'node:process';
import { bind, errno } from './libc.ts';
import { makePipe } from './pipe.ts';
import { type Spawned, type SpawnRequest, spawnProcess } from './spawn.ts';

const closeOnExec = 1;
const executable = 0x10;
const invalidArgument = 22;
/** An int. */
const reportBytes = 4;

const bindMemoryFile = () => bind({ memfd_create: { arguments: ['buffer', 'u32'], return: 'i32' } });
let functions: ReturnType<typeof bindMemoryFile> | null = null;
const libc = () => (functions ??= bindMemoryFile());

/** Why a process could not get namespaces of its own: what failed, and the errno or an error. */
export interface Unisolated {
  readonly step: 'memory' | 'start' | 'namespaces' | 'users';
  readonly cause: number | Error;
}

/**
 * Starts a program like `spawnProcess`, in a user namespace and a network namespace of its own: it is the same user, and
 * has no network but its own loopback interface. Every user of ours is mapped to itself if we may do that, or else only
 * our own user and group.
 *
 * @param isolator the program that does this and then becomes the other (`build/isolator/isolator.ts`)
 * @returns as `spawnProcess`, or why there is no isolation; then the program was not started
 */
export function spawnIsolated(request: SpawnRequest, isolator: Uint8Array): Spawned | Unisolated {
  const open: number[] = [];
  try {
    const [reports, orders] = [makePipe(), makePipe()];
    for (const pipe of [reports, orders]) if ('read' in pipe) open.push(pipe.read, pipe.write);
    if ('errno' in reports) return { step: 'memory', cause: reports.errno };
    if ('errno' in orders) return { step: 'memory', cause: orders.errno };
    const file = memoryFile();
    if (file < 0) return { step: 'memory', cause: -file };
    open.push(file);
    const program = Buffer.from(isolator);
    program.writeInt32LE(reports.write, program.length - 8);
    program.writeInt32LE(orders.read, program.length - 4);
    writeFileSync(file, program);
    const spawned = spawnProcess({
      ...request,
      file: Buffer.from(`/proc/self/fd/${file}`),
      args: [request.file, ...request.args],
      kept: [reports.write, orders.read],
    });
    if ('errno' in spawned) return { step: 'start', cause: spawned.errno };
    for (const end of [reports.write, orders.read]) closeSync(open.splice(open.indexOf(end), 1)[0] ?? -1);
    return guide(spawned.pid, reports.read, orders.write);
  } finally {
    for (const descriptor of open) closeSync(descriptor);
  }
}

/** Waits without the event loop: it takes as long as posix_spawn(3) would with the same steps. */
function guide(pid: number, reports: number, orders: number): Spawned | Unisolated {
  const entered = readReport(reports);
  if (entered !== 0) return { step: 'namespaces', cause: entered === null ? 0 : -entered };
  try {
    mapUsers(`/proc/${pid}`);
  } catch (error) {
    return { step: 'users', cause: error instanceof Error ? error : new Error(String(error)) };
  }
  writeSync(orders, Buffer.from('1'));
  const failed = readReport(reports);
  return failed === null ? { pid } : { errno: -failed };
}

/** Null at the end of file. */
function readReport(reports: number): number | null {
  const report = Buffer.alloc(reportBytes);
  return readSync(reports, report) < reportBytes ? null : report.readInt32LE(0);
}

/** user_namespaces(7): a map is written once; one of more than the own user needs CAP_SETUID, or CAP_SETGID. */
function mapUsers(process: string): void {
  try {
    for (const map of ['gid_map', 'uid_map'] as const) writeFileSync(`${process}/${map}`, sameUsers(map));
    return;
  } catch {
    // Not privileged: only for ourselves, which the kernel allows to those who give up setgroups(2).
  }
  writeFileSync(`${process}/setgroups`, 'deny');
  writeFileSync(`${process}/gid_map`, `${getegid?.()} ${getegid?.()} 1`);
  writeFileSync(`${process}/uid_map`, `${geteuid?.()} ${geteuid?.()} 1`);
}

/** Our own map, each user as itself: lines of the first user inside, the first one outside, and the count. */
function sameUsers(map: 'uid_map' | 'gid_map'): string {
  const lines = readFileSync(`/proc/self/${map}`, 'utf8').trim().split('\n');
  return lines
    .map((line) => line.trim().split(/ +/))
    .map(([inside, , count]) => `${inside} ${inside} ${count}\n`)
    .join('');
}

/** A file in memory that may be executed. @returns a descriptor, or minus the errno */
function memoryFile(): number {
  const name = Buffer.from('emissary-isolator\0');
  const made = libc().memfd_create(name, closeOnExec | executable);
  if (made >= 0) return made;
  // Before Linux 6.3 there was no such flag, and every one could be executed.
  if (errno() !== invalidArgument) return -errno();
  const older = libc().memfd_create(name, closeOnExec);
  return older >= 0 ? older : -errno();
}
