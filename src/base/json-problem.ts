/**
 * Where a text stops being valid JSON, for messages: `line 3, column 5`. V8's own message quotes the text, which may
 * contain a secret.
 *
 * @param error what JSON.parse threw
 */
export function jsonProblem(text: string, error: unknown): string {
  const position = positionIn(error) ?? shortestInvalidPrefix(text);
  const lines = text.slice(0, position).split('\n');
  const where = `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
  return position >= text.length ? `it ends too early, at ${where}` : where;
}

function positionIn(error: unknown): number | null {
  const found = error instanceof Error ? / at position ([0-9]+)/.exec(error.message)?.[1] : undefined;
  return found === undefined ? null : Number(found);
}

/** V8 gives no position for some errors. Finds the shortest prefix that no continuation could make valid. */
function shortestInvalidPrefix(text: string): number {
  let valid = 0;
  let invalid = text.length + 1;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >>> 1;
    if (isValidPrefix(text.slice(0, middle))) valid = middle;
    else invalid = middle;
  }
  return valid;
}

function isValidPrefix(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const position = positionIn(error);
    return position === null ? /end of JSON/.test(String(error)) : position >= text.length;
  }
}
