/**
 * Where a text stops being JSON, for messages: `line 3, column 5`. The runtime's own words show a piece of the text, which
 * may be a secret.
 *
 * @param error what JSON.parse has thrown for it
 */
export function jsonProblem(text: string, error: unknown): string {
  const place = placeIn(error) ?? firstBadEnd(text);
  const lines = text.slice(0, place).split('\n');
  const where = `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
  return place >= text.length ? `it ends too early, at ${where}` : where;
}

function placeIn(error: unknown): number | null {
  const found = error instanceof Error ? / at position ([0-9]+)/.exec(error.message)?.[1] : undefined;
  return found === undefined ? null : Number(found);
}

/** For some errors the runtime names no place: the shortest beginning that nothing could follow any more. */
function firstBadEnd(text: string): number {
  let good = 0;
  let bad = text.length + 1;
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (mayGoOn(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function mayGoOn(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const place = placeIn(error);
    return place === null ? /end of JSON/.test(String(error)) : place >= text.length;
  }
}
