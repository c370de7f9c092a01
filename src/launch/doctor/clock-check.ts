import { mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '../../base/limits.ts';
import { type Check, failed, ok, warning } from './check.ts';

/** The clock is plausible, and the file system agrees with it: times of jobs and of deadlines come from both. */
export function clockCheck(state: string, program: string): Check {
  const remedy = 'set the clock: timedatectl set-ntp true';
  return {
    name: 'clock',
    needs: ['state directory'],
    remedy,
    examine() {
      const now = Date.now();
      const time = new Date(now).toISOString();
      if (now < limits.earliestClockMs) return failed(`it says ${time}`, remedy);
      const installed = statSync(program).mtimeMs;
      if (installed > now + limits.clockAheadMs)
        return warning(`it says ${time}, but this program's file is of ${timeOf(installed)}`, remedy);
      const apart = Math.abs(timeOfNewFile(state) - Date.now());
      if (apart > limits.clockApartMs)
        return warning(
          `files below ${state} get times that are ${Math.round(apart / 1000)} s off`,
          "set this machine's clock and the file server's, or choose a state directory on a local disk with --state",
        );
      return ok(time);
    },
  };
}

function timeOfNewFile(state: string): number {
  const made = mkdtempSync(join(state, 'doctor-'));
  const { mtimeMs } = statSync(made);
  rmdirSync(made);
  return mtimeMs;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
