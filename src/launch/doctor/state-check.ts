import { mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { errorReason, writeReasons } from '../../base/error-reason.ts';
import { userName } from '../docker/rootless/account-names.ts';
import { StateDirectory } from '../state/state-directory.ts';
import { type Check, failed, ok, warning } from './check.ts';

/** The state directory can be written to, and only by its user. It is made if it is missing, as `launch` does. */
export function stateCheck(state: string): Check {
  const remedy = 'make it writable for this user alone, or choose another one with --state';
  return {
    name: 'state directory',
    remedy,
    examine() {
      const before = statSync(state, { throwIfNoEntry: false });
      try {
        new StateDirectory(state);
        rmdirSync(mkdtempSync(join(state, 'doctor-')));
      } catch (error) {
        const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
        return failed(`${state}: ${errorReason(cause, writeReasons)}`, remedy);
      }
      const { uid } = statSync(state);
      if (uid !== getuid?.())
        return warning(
          `${state} belongs to ${userName(uid)}, whose jobs these are, and who can read secrets of yours`,
          `run this program as that user: sudo -u ${userName(uid)}; or choose another one with --state`,
        );
      if (before !== undefined && (before.mode & 0o077) !== 0)
        return warning(
          `${state} was open to other users (${octal(before.mode)}), and is closed now`,
          'change the secrets of the jobs that were launched with it, if others may have read them',
        );
      return ok(`${state}, writable, closed to others (0700)`);
    },
  };
}

function octal(mode: number): string {
  return `0${(mode & 0o7777).toString(8)}`;
}
