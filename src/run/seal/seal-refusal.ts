import { existsSync } from 'node:fs';
import { Fault } from '../../base/fault.ts';
import { layoutOf } from '../../contract/layout.ts';
import type { Invocation } from '../../settings/cli/invocation.ts';
import { whereToSeal } from '../../settings/cli/run-settings.ts';
import { defaultMask, maskEntries } from '../../settings/secret-names.ts';
import { openContainer } from '../container.ts';
import { findSecrets } from '../mask/mask.ts';
import { RunRecord } from '../run-record.ts';
import { failedRun } from '../verdict.ts';
import { Seal } from './seal.ts';

const nothing = { bytes: 0, truncated: false };
const noUsage = { userSeconds: 0, systemSeconds: 0, maxRssBytes: 0 };

/**
 * Seals a run whose settings were refused, if the volume is there and the container's name is not itself what is wrong.
 * Never throws.
 */
export function sealRefusal(invocation: Invocation, args: readonly Buffer[], fault: Fault): void {
  try {
    const { root, name } = whereToSeal(invocation, args);
    if (!existsSync(root)) return;
    const container = openContainer(layoutOf(root), name);
    const secrets = () => findSecrets(invocation.environment.entries, maskEntries(defaultMask));
    sealFault(new Seal(container), new RunRecord(name, secrets), fault);
  } catch {
    // The refusal itself is what the person has to know, and it is said by whoever catches it.
  }
}

/** Does something for a run that has not begun; where it fails with a Fault, the run is sealed, if it can be. */
export function orSealed<T>(run: { readonly seal: Seal; readonly record: RunRecord }, act: () => T): T {
  try {
    return act();
  } catch (error) {
    try {
      if (error instanceof Fault) sealFault(run.seal, run.record, error);
    } catch {
      // As above.
    }
    throw error;
  }
}

function sealFault(seal: Seal, record: RunRecord, fault: Fault): void {
  const judgement = failedRun(fault.status, fault.message);
  seal.publish(record.result(judgement, { stdout: nothing, stderr: nothing }, noUsage));
}
