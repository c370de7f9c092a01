/**
 * When a server wants to be asked again, in ms from now: seconds, or a date (RFC 9110, 10.2.3). Null: it does not say, or not
 * in this form.
 *
 * @param text the value of its header `Retry-After`
 */
export function retryAfter(text: string | undefined): number | null {
  if (text === undefined) return null;
  const isDate = /^[A-Z][a-z]{2}/.test(text);
  const ms = /^[0-9]{1,9}$/.test(text.trim())
    ? Number(text) * 1000
    : isDate
      ? Date.parse(text) - Date.now()
      : Number.NaN;
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}
