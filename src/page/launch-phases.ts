import type { LaunchRecord } from '../launch/state/launch-record.ts';
import type { PagePhase } from './page-model.ts';

/**
 * The parts of the time before a job's start, as its launcher has recorded them.
 *
 * @param startedAt when the first wrapper began, ms since 1970; null: it has not
 */
export function launchPhases(record: LaunchRecord, startedAt: number | null): readonly PagePhase[] {
  const steps = [
    { name: 'queued', at: Date.parse(record.createdAt) },
    ...(record.steps ?? []).map(({ text, at }) => ({ name: nameOf(text), at: Date.parse(at) })),
  ].filter(({ at }) => Number.isFinite(at) && (startedAt === null || at <= startedAt));
  const changes = steps.filter(({ name }, index) => name !== steps[index - 1]?.name);
  const end = record.stage === 'ended' ? Date.parse(record.endedAt ?? '') || null : null;
  return changes.map(({ name, at }, index) => ({
    name,
    container: null,
    from: at,
    until: changes[index + 1]?.at ?? startedAt ?? end,
  }));
}

/** What the launcher shows while it waits, in one word. */
function nameOf(text: string): string {
  if (/^pulling |could not be pulled/.test(text)) return 'pulling';
  return text.startsWith('waiting ') ? 'queued' : 'preparing';
}
