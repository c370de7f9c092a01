import type { IncomingMessage } from 'node:http';
import { isRecord } from '../../../base/is-record.ts';
import { limits } from '../../../base/limits.ts';
import { readBounded } from '../../../base/read-bounded.ts';
import { ApiError } from './api-error.ts';

/** What an answer that is no success says: its body is a Status, or what something in front of the server says. */
export async function refusalOf(answer: IncomingMessage): Promise<ApiError> {
  const status = answer.statusCode ?? 0;
  const text = await readBounded(answer, limits.clusterAnswerBytes);
  try {
    const body: unknown = JSON.parse(text);
    if (isRecord(body) && typeof body['message'] === 'string')
      return new ApiError(status, String(body['reason'] ?? ''), body['message']);
  } catch {
    // Not JSON.
  }
  return new ApiError(status, '', `it answered ${status}${text === '' ? '' : `: ${text}`}`);
}
