/**
 * A text as a person's terminal may have it: one line, and no control or formatting characters, each run of which
 * becomes a space. What comes from a job, a template or a server could otherwise move the cursor or forge lines.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}
