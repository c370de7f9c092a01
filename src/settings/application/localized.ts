/**
 * Picks a text of a definition, which may be one text or several by language. The order is: the wanted language, the
 * same without its country, English, any other. Null if there is none.
 *
 * @param language like `cs`, `cs-CZ`, or `cs_CZ.UTF-8` as in LANG
 */
export function localized(texts: unknown, language: string): string | null {
  if (typeof texts === 'string') return texts === '' ? null : texts;
  if (typeof texts !== 'object' || texts === null) return null;
  const byLanguage = new Map<string, string>();
  for (const [key, text] of Object.entries(texts))
    if (typeof text === 'string' && text !== '') byLanguage.set(tagOf(key), text);
  const wanted = tagOf(language);
  const [any = null] = byLanguage.values();
  const keys = [wanted, wanted.replace(/-.*/, ''), 'en'];
  return keys.map((key) => byLanguage.get(key)).find((text) => text !== undefined) ?? any;
}

function tagOf(language: string): string {
  return language
    .replace(/[.@].*/, '')
    .replaceAll('_', '-')
    .toLowerCase();
}
