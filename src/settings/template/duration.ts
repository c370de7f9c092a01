const unitSeconds: Readonly<Record<string, number>> = {
  h: 3600,
  m: 60,
  s: 1,
  ms: 1e-3,
  us: 1e-6,
  µs: 1e-6, // The micro sign, U+00B5.
  μs: 1e-6, // The Greek letter, U+03BC.
  ns: 1e-9,
};
// Escaped: the bundle is read as Latin-1, and esbuild escapes only strings.
const part = /([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(h|ms|m|s|us|\u00b5s|\u03bcs|ns)/g;

/**
 * Argo's duration: a number of seconds, or Go's `2h45m30s`, `300ms` (time.ParseDuration, without a sign). Null if it
 * is neither.
 */
export function durationSeconds(text: string): number | null {
  if (/^[0-9]+$/.test(text)) return Number(text);
  if (text === '' || text.replace(part, '') !== '') return null;
  return [...text.matchAll(part)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (unitSeconds[unit ?? ''] ?? 0),
    0,
  );
}
