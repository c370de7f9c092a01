import { existsSync } from 'node:fs';
import { Fault } from '../../base/fault.ts';
import { layoutOf } from '../../contract/layout.ts';
import type { Invocation } from '../../settings/cli/invocation.ts';
import { defaultMask, maskEntries } from '../../settings/secret-names.ts';
import { whereToSeal } from '../../settings/verbs/run-settings.ts';
import { findSecrets } from '../mask/find-secrets.ts';
import { openContainer } from '../open-container.ts';
import { RunRecord } from '../run-record.ts';
import { failedRun } from '../verdict.ts';
import { Seal } from './seal.ts';

const nothing = { bytes: 0, truncated: false };
const noUsage = { userSeconds: 0, systemSeconds: 0, maxRssBytes: 0 };

/**
 * Seals a run whose settings were rejected, if the volume exists and the container's name is valid. Never throws.
 */
export function sealRefusal(invocation: Invocation, args: readonly Buffer[], fault: Fault): void {
  try {
    const { root, name } = whereToSeal(invocation, args);
    if (!existsSync(root)) return;
    const container = openContainer(layoutOf(root), name);
    const secrets = () => findSecrets(invocation.environment.entries, maskEntries(defaultMask));
    sealFault(new Seal(container), new RunRecord(name, secrets), fault);
  } catch {
    // The rejection itself matters to the user, and the caller reports it.
  }
}

/** Runs one step of setting up a run; if it throws a Fault, seals the run if possible. */
export function sealOnFault<T>(run: { readonly seal: Seal; readonly record: RunRecord }, act: () => T): T {
  try {
    return act();
  } catch (error) {
    try {
      if (error instanceof Fault) sealFault(run.seal, run.record, error);
    } catch {
      // See above.
    }
    throw error;
  }
}

function sealFault(seal: Seal, record: RunRecord, fault: Fault): void {
  const verdict = failedRun(fault.status, fault.message);
  seal.publish(record.result(verdict, { stdout: nothing, stderr: nothing }, noUsage));
}
