import { Fault } from '../../base/fault.ts';
import type { AzurePlace } from '../../settings/verbs/azure-place.ts';
import type { EngineJob } from '../engine.ts';
import type { Amounts, ContainerGroups } from './api/container-groups.ts';
import { isOfAzure } from './api/manager-error.ts';

/**
 * Of the reporter: `hold`, and one `send` for each connection, have some 25 MiB each, and 50 MiB of the program together, however
 * large the volume is. Four of them, and the probe, fit in.
 */
const leastOfReporter: Amounts = { cpus: 0.1, memoryGb: 0.5 };
/** The service makes no smaller group, and bills this one. */
const leastOfGroup: Amounts = { cpus: 1, memoryGb: 1 };

/** What the reporter beside a job asks for: also what the job leaves of the smallest group. */
export function reporterAmounts(own: Amounts): Amounts {
  return {
    cpus: Math.max(leastOfReporter.cpus, hundredths(leastOfGroup.cpus - own.cpus)),
    memoryGb: Math.max(leastOfReporter.memoryGb, tenths(leastOfGroup.memoryGb - own.memoryGb)),
  };
}

/** What all containers of the group ask for together. */
export function groupAmounts(own: Amounts): Amounts {
  const reporter = reporterAmounts(own);
  return {
    cpus: hundredths(own.cpus + reporter.cpus),
    memoryGb: tenths(own.memoryGb + reporter.memoryGb),
  };
}

/** What the job's container asks for, in the service's steps. */
export function amountsOf({ resources }: EngineJob, place: AzurePlace): Amounts {
  const { cpus, memory } = resources;
  return {
    cpus: hundredths(cpus ?? place.cpus),
    memoryGb: tenths(memory === null ? place.memoryGb : memory / 2 ** 30),
  };
}

/**
 * Refuses a job whose containers together ask for more than a group may have in the region. A region that does not tell its
 * limits refuses by itself.
 *
 * @throws Fault `engine`; the signal's reason
 */
export async function requireSize(groups: ContainerGroups, own: Amounts, signal: AbortSignal): Promise<void> {
  const most = await groups.capability(signal).catch((error: unknown) => {
    if (signal.aborted) throw signal.reason;
    if (isOfAzure(error)) return null;
    throw error;
  });
  const reporter = reporterAmounts(own);
  const sum = groupAmounts(own);
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
  return roundUp(amount, 10);
}

function hundredths(amount: number): number {
  return roundUp(amount, 100);
}

/** What is too much by less than a thousandth of a step comes from the arithmetic. */
function roundUp(amount: number, steps: number): number {
  return Math.ceil(Math.round(amount * steps * 1000) / 1000) / steps;
}
