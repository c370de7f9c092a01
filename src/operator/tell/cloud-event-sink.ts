import { httpRequest } from '../../base/http-request.ts';
import { limits } from '../../base/limits.ts';
import { log } from '../../base/log.ts';
import type { CloudEventSettings } from '../../settings/verbs/operator-settings.ts';
import type { CloudEvent } from './cloud-event.ts';

/** Answers that refuse this very event: repeating it is useless. */
const refusals: readonly number[] = [400, 413, 415, 422];

/** Sends one event in the structured mode. One that the sink refuses is logged. @throws where it is to be sent again */
export async function sendCloudEvent({ url, proxy }: CloudEventSettings, event: CloudEvent): Promise<void> {
  const answer = await httpRequest(url, {
    headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    body: JSON.stringify(event),
    signal: AbortSignal.timeout(limits.cloudEventMs),
    proxy,
    authority: null,
  });
  answer.destroy();
  const { statusCode = 0 } = answer;
  if (statusCode >= 200 && statusCode < 300) return;
  if (!refusals.includes(statusCode)) throw new Error(`${url.host} answered with ${statusCode}`);
  log(`${url.host} has refused the event ${event.id} (${statusCode}): it is left out`);
}
