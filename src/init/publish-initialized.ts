import type { Layout } from '../contract/layout.ts';
import { publish } from '../contract/publish.ts';
import type { Initialized } from '../contract/records.ts';
import { writing } from './writing.ts';

/** Records on the volume when this process began, and that it is about to end: for the job's trace. */
export function publishInitialized({ initialized }: Layout): void {
  const times: Initialized = {
    startedAt: new Date(performance.timeOrigin).toISOString(),
    finishedAt: new Date().toISOString(),
  };
  writing(initialized, () => publish(initialized, JSON.stringify(times), 0o444));
}
