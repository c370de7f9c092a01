import { closeSync, constants, fstatSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { geteuid, pid } from 'node:process';
import { errnoText } from '../../base/errno-text.ts';
import { Fault, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import { makeDirectories } from '../../base/make-directories.ts';
import { pause } from '../../base/timer.ts';
import type { Volume } from '../../contract/volume.ts';
import { lockFile } from '../../kernel/lock.ts';
import { openVolume } from '../../observe/open-volume.ts';
import { lockHolder } from './lock-holder.ts';
import { Spool, type SpoolPlace, unknownToNext } from './spool.ts';

/** Where to open a spool. */
export interface SpoolSetting {
  /** A directory that no job can reach (EMISSARY_SPOOL_DIR); null = the volume itself. */
  readonly directory: string | null;
  /** Aborted when there is no time to wait for a lock. */
  readonly noWait: AbortSignal;
}

/**
 * Opens the spool for following a job. If its place cannot be used, that is logged and the spool is kept in memory: the
 * job must be followed, stopped and reported anyway.
 *
 * @throws Fault `volume` if another emissary reports the job
 */
export async function openSpool(volume: Volume, setting: SpoolSetting): Promise<Spool> {
  try {
    return new Spool(volume, await openPlace(volume, setting));
  } catch (error) {
    // Any other fault has a cause: a place that cannot be used.
    if (error instanceof Fault && error.cause === undefined) throw error;
    const where = `${setting.directory ?? volume.root}/report`;
    log(`Cannot use the spool ${where}: ${messageOf(error)}; keeping it in memory: ${unknownToNext}`);
    return new Spool(volume, null);
  }
}

/**
 * Opens the spool for delivering what an earlier `wait` left: any spool that this user can read and lock.
 * @throws Fault `volume` if there is none, or if another emissary reports the job
 */
export function openKeptSpool(volume: Volume, directory: string | null): Spool {
  const home = directory === null ? volume : openVolume(directory);
  try {
    home.makeDirectory('report', 0o700);
    const lock = home.openAppend('report/lock');
    const held = lockFile(lock);
    if (held !== 'held') {
      closeSync(lock);
      if (held === 'taken') throw anotherOne(home);
      throw new Error(`cannot lock it: ${errnoText(held.errno)}`);
    }
    home.removeUnpublished('report');
    return new Spool(volume, { home, lock, isPrivate: directory !== null });
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('volume', `Cannot write to the spool ${home.root}/report: ${messageOf(cause)}`, {
      cause,
    });
  }
}

async function openPlace(volume: Volume, { directory, noWait }: SpoolSetting): Promise<SpoolPlace> {
  if (directory !== null) makeDirectories(directory);
  const home = directory === null ? volume : openVolume(directory);
  setForeignAside(home);
  home.makeDirectory('report', 0o700);
  const lock = home.openAppend('report/lock');
  try {
    await takeLock(home, lock, { isPrivate: directory !== null, noWait });
    home.removeUnpublished('report');
  } catch (error) {
    closeSync(lock);
    throw error;
  }
  if (directory !== null) refuseAnother(volume);
  return { home, lock, isPrivate: directory !== null };
}

/** Refuses if a reporter with another spool reports the same job: it holds the lock on the volume as long as it runs. */
function refuseAnother(volume: Volume): void {
  let lock: number;
  try {
    volume.makeDirectory('report', 0o700);
    lock = volume.openAppend('report/lock');
  } catch {
    return; // The volume is full, or the job put something there: then no other reporter has a lock there either.
  }
  if (lockFile(lock) === 'taken' && lockHolder(lock) === 'emissary') throw anotherOne(volume);
}

async function takeLock(
  home: Volume,
  lock: number,
  { isPrivate, noWait }: { readonly isPrivate: boolean; readonly noWait: AbortSignal },
): Promise<void> {
  const end = performance.now() + limits.unseenLockMs;
  for (;;) {
    const held = lockFile(lock);
    if (held === 'held') return;
    if (held !== 'taken') throw new Error(`cannot lock ${home.root}/report/lock: ${errnoText(held.errno)}`);
    const holder = lockHolder(lock);
    if (isPrivate || holder === 'emissary') throw anotherOne(home);
    // An unseen holder is in another container: a reporter that is just exiting, or the job.
    if (holder === 'stranger' || performance.now() >= end || noWait.aborted) {
      throw new Error(`${home.root}/report/lock is held by a process that is not a visible emissary`);
    }
    await pause(limits.watchPollMs, noWait);
  }
}

function anotherOne({ root }: Volume): Fault {
  return new Fault('volume', `Another emissary is reporting this job: it holds ${root}/report/lock`);
}

/** A job that can write to the place may have put anything there: what it made is set aside. */
function setForeignAside(home: Volume): void {
  const reason = foreignness(home);
  if (reason === null) return;
  for (let number = 1; number <= limits.spoolsAside; number += 1) {
    const name = `report.aside-${number}`;
    if (home.has(name)) continue;
    try {
      home.renameTo('report', name);
    } catch (cause) {
      throw new Error(`it ${reason} and cannot be renamed (${messageOf(cause)})`, { cause });
    }
    return log(`${home.root}/report ${reason}, so it is not ours: renamed it to ${name}`);
  }
  throw new Error(`it ${reason}, and ${limits.spoolsAside} others were already set aside`);
}

/** Why the existing spool was not made by a reporter of this user; null if it was, or if there is none. */
function foreignness(home: Volume): string | null {
  if (!home.has('report')) return null;
  const opened = home.openAny('report', constants.O_RDONLY | constants.O_DIRECTORY);
  if ('kind' in opened) {
    if (opened.kind === 'absent') return null;
    return opened.reason.includes('ENOTDIR') ? 'is not a directory' : opened.reason;
  }
  try {
    const found = fstatSync(opened.descriptor);
    const own =
      found.uid === geteuid?.() && (found.mode & othersWrite) === 0 ? found : ownDirectory(home.root);
    if (found.uid !== own.uid) return `belongs to user ${found.uid}`;
    return (found.mode & ~own.mode & othersWrite) === 0 ? null : 'can be written to by others';
  } finally {
    closeSync(opened.descriptor);
  }
}

const othersWrite = 0o022;

/** Owner and mode of a directory that we make: on some volumes (NFS, SMB) they are not those that we ask for. */
function ownDirectory(root: string): { readonly uid: number; readonly mode: number } {
  const path = join(root, `.emissary.${pid}.probe`);
  mkdirSync(path, { mode: 0o700 });
  try {
    return statSync(path);
  } finally {
    rmdirSync(path);
  }
}
