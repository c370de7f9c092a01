import type { RestSettings } from '../../settings/destinations/rest-settings.ts';
import { recordsInMemory } from '../spool/spool-records.ts';
import { type EndStored, reportOfEnd, type UnreportedEnd } from '../unreported-end.ts';
import { probe } from './rest-server.ts';
import { RestSink } from './rest-sink.ts';

/** Stores an end through the REST server; null: it cannot. @throws DeliveryError */
export async function storeEndRest(settings: RestSettings, end: UnreportedEnd): Promise<EndStored | null> {
  const { jobId, exitCode, replaces } = end;
  const variant = await probe(settings, jobId);
  if (variant.kind !== 'A') return null;
  const { exitcode: found } = variant.row;
  const hasEnded = found !== null && found !== undefined && found !== '';
  if (hasEnded && (!replaces || Number(found) === exitCode)) return 'known';
  const scope = { jobId, isLaterAttempt: replaces, outputElsewhere: true, onRow: () => undefined };
  const sink = new RestSink(settings, scope, recordsInMemory());
  await sink.deliver({ started: null, report: reportOfEnd(end) });
  return 'stored';
}
