/**
 * The JSON text of a file that may be a mounted Secret. Podman before 4.4 mounts a Secret's values without decoding them:
 * what does not begin as JSON does is taken for base64.
 */
export function mountedJson(text: string): string {
  return /^\s*[[{]/.test(text) ? text : Buffer.from(text, 'base64').toString();
}
