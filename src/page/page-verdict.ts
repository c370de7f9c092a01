import type { ContainerStatus } from '../observe/describe-containers.ts';
import type { PageVerdict } from './page-model.ts';

const ends: readonly string[] = [
  'succeeded',
  'failed',
  'terminated',
  'timedOut',
  'skipped',
  'error',
  'lost',
] satisfies PageVerdict[];

/** How a container ended, or that it has not. */
export function pageVerdict({ verdict, state }: Pick<ContainerStatus, 'verdict' | 'state'>): PageVerdict {
  if (verdict !== null && ends.includes(verdict)) return verdict as PageVerdict;
  return state === 'waiting' ? 'waiting' : 'running';
}

/** Who ended a run, and why: one sentence; null: nobody has. */
export function endedBy(verdict: PageVerdict, signal: string | null, origin: string | null): string | null {
  if (origin === 'person') return 'A person decided its exit code after a failure.';
  switch (verdict) {
    case 'succeeded':
      return null;
    case 'failed':
      return signal === null ? null : `${signal} ended the job.`;
    case 'terminated':
      return `Somebody stopped the job${signal === null ? '' : `: ${signal} ended it`}.`;
    case 'timedOut':
      return 'Its time limit was over, so the emissary stopped it.';
    case 'skipped':
      return 'It was never started, since another container failed.';
    case 'error':
      return 'The emissary could not do its work.';
    case 'lost':
      return 'Its wrapper was killed: nobody could record its end.';
    case 'running':
    case 'waiting':
      return null;
  }
}
