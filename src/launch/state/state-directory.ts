import { randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import { errnoOf, Fault, messageOf } from '../../base/fault.ts';
import { makeDirectories } from '../../base/make-directories.ts';
import { publish } from '../../contract/publish.ts';
import { LaunchDirectory } from './launch-directory.ts';
import { type LaunchRecord, readRecord } from './launch-record.ts';

/** Where this installation keeps its launched jobs; only its user may look into it. */
export class StateDirectory {
  readonly path: string;
  /** The label by which the installation knows its own containers. */
  readonly installation: string;

  /** @throws Fault `volume` */
  constructor(path: string) {
    this.path = path;
    try {
      makeDirectories(join(path, 'jobs'));
      if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700);
      this.installation = installationOf(join(path, 'installation'));
    } catch (cause) {
      throw new Fault(
        'volume',
        `Cannot use the state directory ${path}: ${messageOf(cause)}; choose another one with --state`,
        { cause },
      );
    }
  }

  job(key: string): LaunchDirectory {
    return new LaunchDirectory(this.path, key);
  }

  /** The last record of a job whose directory is gone; null if it is unknown, or too long ago. */
  endOf(key: string): LaunchRecord | null {
    return readRecord(join(this.path, 'ended', `${key}.json`));
  }

  /** A new file for the messages of a launcher in the background; it is forgotten as the job's last record is. */
  messagesOf(key: string): string {
    makeDirectories(join(this.path, 'ended'));
    return join(this.path, 'ended', `${key}-${pid}.log`);
  }

  /** The key of a job: by its ID, or a new one. */
  static keyOf(jobId: number | null): string {
    return jobId === null ? `run-${randomBytes(4).toString('hex')}` : `job-${jobId}`;
  }

  /** Every job that is there, sorted by key. */
  jobs(): readonly LaunchDirectory[] {
    return readdirSync(join(this.path, 'jobs'))
      .sort(byNumber)
      .map((key) => this.job(key));
  }
}

const { compare: byNumber } = new Intl.Collator('en', { numeric: true });

function installationOf(file: string): string {
  for (;;) {
    try {
      const name = readFileSync(file, 'latin1').trim();
      if (/^[0-9a-f]{12}$/.test(name)) return name;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    // Two may do this at a time: whoever reads it next has the one that stayed.
    publish(file, `${randomBytes(6).toString('hex')}\n`, 0o600);
  }
}
