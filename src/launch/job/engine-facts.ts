import type { EngineFacts } from '../engine.ts';
import type { LaunchedJob } from './launched-job.ts';

/** What the engine knows of a job that has failed; null: nothing. */
export async function factsOf({ engine, container }: LaunchedJob): Promise<EngineFacts | null> {
  return (await engine.facts?.(container).catch(() => null)) ?? null;
}

/** Shows what has gone wrong with the container of a job that has not ended by itself. */
export function tellEvents({ screen }: LaunchedJob, facts: EngineFacts | null): void {
  for (const event of facts?.events ?? []) screen.note(`emissary: Event: ${event}`);
}
