import { withoutMark } from '../../base/text-of.ts';

const beginsAsJson = /^\s*[[{]/;

/**
 * The JSON text of a file that may be a mounted Secret. Podman before 4.4 mounts a Secret's values without decoding them:
 * what does not begin as JSON does, but would as base64, is taken for that.
 */
export function mountedJson(text: string): string {
  if (beginsAsJson.test(text)) return text;
  const decoded = withoutMark(Buffer.from(text, 'base64').toString());
  return beginsAsJson.test(decoded) ? decoded : text;
}
