import { limits } from '../base/limits.ts';
import type { Result } from '../contract/records.ts';
import type { LaunchRecord } from '../launch/state/launch-record.ts';
import type { ContainerStatus } from '../observe/describe-containers.ts';
import { launchPhases } from './launch-phases.ts';
import type { PagePhase } from './page-model.ts';

/**
 * The parts of a run's time, in their order.
 *
 * @param of when it was reported, ms since 1970, null: it is not; and what its launcher has recorded, null: nobody knows
 */
export function pagePhases(
  containers: readonly { readonly status: ContainerStatus; readonly result: Result | null }[],
  { reportedAt, launched }: { readonly reportedAt: number | null; readonly launched: LaunchRecord | null },
): readonly PagePhase[] {
  const own = containers.flatMap(({ status, result }) => phasesOf(status, result));
  const first = own.length === 0 ? null : Math.min(...own.map(({ from }) => from));
  const phases = [...(launched === null ? [] : launchPhases(launched, first)), ...own];
  const sealed = containers.flatMap(({ result }) => timeOf(result?.sealedAt) ?? []);
  const last = sealed.length === 0 ? null : Math.max(...sealed);
  if (reportedAt !== null && last !== null && reportedAt >= last)
    phases.push({ name: 'reporting', container: null, from: last, until: reportedAt });
  return phases.filter(({ from, until }) => until === null || until >= from).slice(-limits.pageAttempts);
}

function phasesOf({ name, startedAt, finishedAt }: ContainerStatus, result: Result | null): PagePhase[] {
  const phases: PagePhase[] = [];
  const add = (phase: string, from: number | null, until: number | null) => {
    if (from !== null) phases.push({ name: phase, container: name, from, until });
  };
  const [begun, started, finished] = [timeOf(result?.begunAt), timeOf(startedAt), timeOf(finishedAt)];
  if (started !== null) add('starting', begun, started);
  const attempts = (result?.attempts ?? []).slice(-limits.pageAttempts);
  if (attempts.length > 1)
    for (const [index, attempt] of attempts.entries())
      add(`attempt ${index + 1}`, timeOf(attempt.startedAt), timeOf(attempt.finishedAt));
  else add('running', started, finished);
  if (finished !== null) add('saving', finished, timeOf(result?.sealedAt));
  return phases;
}

function timeOf(text: string | null | undefined): number | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : time;
}
