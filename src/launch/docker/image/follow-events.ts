import { limits } from '../../../base/limits.ts';

/** One line of an engine's progress. */
interface EngineEvent {
  readonly status?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
}

/**
 * Follows a pull or an import to its end: one JSON object a line. The engine has answered 200 by then, and reports a failure
 * in the stream, perhaps in a last line that does not end.
 *
 * @returns the last line's status
 * @throws Error with the engine's own reason
 */
export async function followEvents(stream: NodeJS.ReadableStream): Promise<string> {
  const decoder = new TextDecoder();
  const events: EngineEvent[] = [];
  let rest = '';
  for await (const piece of stream) {
    const lines = `${rest}${decoder.decode(piece as Uint8Array, { stream: true })}`.split('\n');
    rest = (lines.pop() ?? '').slice(-limits.answerBytes);
    const found = lines.map(eventOf).filter((event) => event !== null);
    // Of thousands, only the first failure and the last status count.
    events.push(...found.filter((event) => failureOf(event) !== null), ...found.slice(-1));
  }
  const last = eventOf(rest);
  if (last !== null) events.push(last);
  const failure = events.map(failureOf).find((reason) => reason !== null) ?? null;
  if (failure !== null) throw new Error(failure);
  return events.findLast(({ status }) => status !== undefined)?.status ?? '';
}

function failureOf({ error, errorDetail }: EngineEvent): string | null {
  return error ?? errorDetail?.message ?? null;
}

/** Null for an empty line. */
function eventOf(line: string): EngineEvent | null {
  const text = line.trim();
  if (text === '') return null;
  try {
    return JSON.parse(text) as EngineEvent | null;
  } catch {
    return { error: `the engine did not answer with JSON: ${text}` };
  }
}
