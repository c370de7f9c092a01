import { withoutByteOrderMark } from '../../base/text-of.ts';

const beginsAsJson = /^\s*[[{]/;

/**
 * The JSON text of a file that may be a mounted Secret. Podman before 4.4 mounts a Secret's values without decoding
 * them: text that begins like JSON only after base64 decoding is decoded.
 */
export function mountedJson(text: string): string {
  if (beginsAsJson.test(text)) return text;
  const decoded = withoutByteOrderMark(Buffer.from(text, 'base64').toString());
  return beginsAsJson.test(decoded) ? decoded : text;
}
