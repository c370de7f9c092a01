/** Argo's duration: a number of seconds, or Go's `2h45m30s`. Null when it is neither. */
export function durationSeconds(text: string): number | null {
  if (/^[0-9]+$/.test(text)) return Number(text);
  const parts = /^(?:([0-9.]+)h)?(?:([0-9.]+)m)?(?:([0-9.]+)s)?$/.exec(text);
  if (text === '' || parts === null) return null;
  const [, hours = '0', minutes = '0', seconds = '0'] = parts;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}
