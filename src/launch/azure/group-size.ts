import { Fault } from '../../base/fault.ts';
import type { AzurePlace } from '../../settings/verbs/azure-place.ts';
import type { EngineJob } from '../engine.ts';
import type { Amounts, ContainerGroups } from './api/container-groups.ts';

/** Of the reporter: it sends the volume, with a bounded window. The init container needs no more than that. */
const leastOfReporter: Amounts = { cpus: 0.1, memoryGb: 0.2 };
/** The service makes no smaller group, and bills this one. */
const leastOfGroup: Amounts = { cpus: 1, memoryGb: 1 };

/** What the reporter beside a job asks for: also what the job leaves of the smallest group. */
export function reporterAmounts(own: Amounts): Amounts {
  return {
    cpus: Math.max(leastOfReporter.cpus, tenths(leastOfGroup.cpus - own.cpus)),
    memoryGb: Math.max(leastOfReporter.memoryGb, tenths(leastOfGroup.memoryGb - own.memoryGb)),
  };
}

/** What the job's container asks for. */
export function amountsOf({ resources }: EngineJob, place: AzurePlace): Amounts {
  const { cpus, memory } = resources;
  return { cpus: cpus ?? place.cpus, memoryGb: tenths(memory === null ? place.memoryGb : memory / 2 ** 30) };
}

/**
 * Refuses a job whose containers together ask for more than a group may have in the region. A region that does not tell its
 * limits refuses by itself.
 *
 * @throws Fault `engine`; the signal's reason
 */
export async function requireSize(groups: ContainerGroups, own: Amounts, signal: AbortSignal): Promise<void> {
  const most = await groups.capability(signal).catch(() => null);
  if (signal.aborted) throw signal.reason;
  const reporter = reporterAmounts(own);
  const sum = {
    cpus: tenths(own.cpus + reporter.cpus),
    memoryGb: tenths(own.memoryGb + reporter.memoryGb),
  };
  if (most === null || (sum.cpus <= most.cpus && sum.memoryGb <= most.memoryGb)) return;
  throw new Fault(
    'engine',
    `The job asks for more than a container group may have in ${groups.location}: ${told(sum)} ` +
      `(the job ${told(own)}, the reporter ${told(reporter)}), and the most are ${told(most)}; set --cpus and --memory`,
  );
}

function told({ cpus, memoryGb }: Amounts): string {
  return `${cpus} processors and ${memoryGb} GB`;
}

function tenths(amount: number): number {
  return Math.ceil(Math.round(amount * 1000) / 100) / 10;
}
