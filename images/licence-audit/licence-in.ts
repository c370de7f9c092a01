/**
 * The licence of a package.json or of a lock file's entry: an SPDX expression, or what old packages wrote instead
 * (`{"license": {"type": "MIT"}}`, `{"licenses": [{"type": "MIT"}, …]}`).
 *
 * @returns null where there is none
 */
export function licenceIn(manifest: Readonly<Record<string, unknown>>): string | null {
  const single = textOf(manifest['license']);
  if (single !== null) return single;
  const several = Array.isArray(manifest['licenses']) ? manifest['licenses'] : [manifest['licenses']];
  const texts = several.map(textOf).filter((text) => text !== null);
  if (texts.length === 0) return null;
  return texts.length === 1 ? (texts[0] ?? null) : `(${texts.join(' OR ')})`;
}

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value.trim() === '' ? null : value.trim();
  if (typeof value === 'object' && value !== null && 'type' in value) return textOf(value.type);
  return null;
}
