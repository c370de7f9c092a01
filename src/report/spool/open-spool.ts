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
import { Spool, type SpoolPlace } from './spool.ts';

/** Where a spool is wanted. */
export interface SpoolSetting {
  /** A directory that no job can reach (EMISSARY_SPOOL_DIR); null = the volume itself. */
  readonly directory: string | null;
  /** Aborted when there is no time to wait for a lock. */
  readonly hurry: AbortSignal;
}

/**
 * The spool of one who follows a job. Whatever is wrong with its place, a spool in memory will do, which is said: the job
 * is to be followed, stopped and reported all the same.
 *
 * @throws Fault `volume` when another emissary reports the job
 */
export async function openSpool(volume: Volume, setting: SpoolSetting): Promise<Spool> {
  try {
    return new Spool(volume, await openPlace(volume, setting));
  } catch (error) {
    // The cause of any other fault is a place that cannot be used.
    if (error instanceof Fault && error.cause === undefined) throw error;
    const where = `${setting.directory ?? volume.root}/report`;
    log(
      `Cannot use the spool ${where}: ${messageOf(error)}; it is kept in memory: all goes on, but another sidecar would not know it`,
    );
    return new Spool(volume, null);
  }
}

/**
 * The spool of one who delivers what an earlier `wait` left: any that he can read and lock.
 * @throws Fault `volume` when there is none, or another emissary reports the job
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

async function openPlace(volume: Volume, { directory, hurry }: SpoolSetting): Promise<SpoolPlace> {
  if (directory !== null) makeDirectories(directory);
  const home = directory === null ? volume : openVolume(directory);
  setForeignAside(home);
  home.makeDirectory('report', 0o700);
  const lock = home.openAppend('report/lock');
  try {
    await takeLock(home, lock, { isPrivate: directory !== null, hurry });
    home.removeUnpublished('report');
  } catch (error) {
    closeSync(lock);
    throw error;
  }
  if (directory !== null) refuseAnother(volume);
  return { home, lock, isPrivate: directory !== null };
}

/** One that has another spool reports the same job. Its lock on the volume is held for the life of the process. */
function refuseAnother(volume: Volume): void {
  let lock: number;
  try {
    volume.makeDirectory('report', 0o700);
    lock = volume.openAppend('report/lock');
  } catch {
    return; // A full volume, or something of the job's: then nobody else has one there either.
  }
  if (lockFile(lock) === 'taken' && lockHolder(lock) === 'emissary') throw anotherOne(volume);
}

async function takeLock(
  home: Volume,
  lock: number,
  { isPrivate, hurry }: { readonly isPrivate: boolean; readonly hurry: AbortSignal },
): Promise<void> {
  const end = performance.now() + limits.strangeLockMs;
  for (;;) {
    const held = lockFile(lock);
    if (held === 'held') return;
    if (held !== 'taken') throw new Error(`cannot lock ${home.root}/report/lock: ${errnoText(held.errno)}`);
    const holder = lockHolder(lock);
    if (isPrivate || holder === 'emissary') throw anotherOne(home);
    // Who is not seen is in another container: a sidecar that is just ending, or the job.
    if (holder === 'stranger' || performance.now() >= end || hurry.aborted) {
      throw new Error(`${home.root}/report/lock is held by somebody who is no emissary that can be seen`);
    }
    await pause(limits.watchPollMs, hurry);
  }
}

function anotherOne({ root }: Volume): Fault {
  return new Fault('volume', `Another emissary is reporting this job: it holds ${root}/report/lock`);
}

/** A job that can write to the place may have put anything there: what it made is not believed. */
function setForeignAside(home: Volume): void {
  const reason = foreignness(home);
  if (reason === null) return;
  for (let number = 1; number <= limits.spoolsAside; number += 1) {
    const name = `report.aside-${number}`;
    if (home.has(name)) continue;
    try {
      home.renameTo('report', name);
    } catch (cause) {
      throw new Error(`it ${reason}, and cannot be set aside (${messageOf(cause)})`, { cause });
    }
    return log(`${home.root}/report ${reason}: it is none of ours, and was set aside as ${name}`);
  }
  throw new Error(`it ${reason}, and ${limits.spoolsAside} were set aside already`);
}

/** Why what is in the spool's place was not made by a sidecar of this user; null when it was, or nothing is there. */
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

/** What a directory looks like that we make: on some volumes (NFS, SMB) another user's, or with another mode. */
function ownDirectory(root: string): { readonly uid: number; readonly mode: number } {
  const path = join(root, `.emissary.${pid}.probe`);
  mkdirSync(path, { mode: 0o700 });
  try {
    return statSync(path);
  } finally {
    rmdirSync(path);
  }
}
