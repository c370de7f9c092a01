/** True for a text that is a regular expression, as the patterns of artifacts are. */
export function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false; // The caller says what is wrong with the key.
  }
}
