import { limits } from '../../base/limits.ts';
import { encodedForms, escapedForms, linesOf, withLineEnds } from './secret-forms.ts';

/** Words that are never a secret. */
const commonWords: ReadonlySet<string> = new Set([
  'true',
  'false',
  'null',
  'none',
  'undefined',
  'default',
  'localhost',
]);

/** Collects secrets and their forms in output, all as Latin-1. */
export class SecretValues {
  /** Unencoded. */
  readonly plain = new Set<string>();
  /** In base64, URL-encoded, JSON-escaped. */
  readonly encoded = new Set<string>();
  /** Names of variables whose values are too short or too common. */
  readonly unmasked = new Set<string>();
  /** Names of variables whose values are too large to be encoded. */
  readonly unencoded = new Set<string>();
  #encodedBytes = 0;

  add(name: string, value: string): void {
    if (value === '' || this.plain.has(value)) return;
    // A value created with `echo` ends with a newline that is not part of the password.
    const word = value.replace(/[\r\n]+$/, '');
    if (isOrdinary(word)) {
      this.unmasked.add(name);
      return;
    }
    const shapes = withLineEnds(word);
    for (const shape of [value, inTerminal(value), inTerminal(word), ...withLineEnds(value), ...shapes])
      this.plain.add(shape);
    for (const line of linesOf(word)) {
      if (isOrdinary(line)) continue;
      this.plain.add(line);
      this.#addEncoded(name, line, escapedForms);
    }
    for (const shape of shapes) this.#addEncoded(name, shape, encodedForms);
  }

  #addEncoded(name: string, bytes: string, formsOf: (bytes: string) => readonly string[]): void {
    if (bytes.length > limits.encodedSecretBytes || this.#encodedBytes > limits.encodedSecretsBytes) {
      this.unencoded.add(name);
      return;
    }
    for (const form of formsOf(bytes)) {
      if (this.encoded.has(form) || form.length < limits.maskedValueLength) continue;
      this.encoded.add(form);
      this.#encodedBytes += form.length;
    }
  }
}

/** As a terminal prints it: a carriage return before every line feed (ONLCR, termios(3)). */
function inTerminal(value: string): string {
  return value.replaceAll('\n', '\r\n');
}

function isOrdinary(word: string): boolean {
  return word.length < limits.maskedValueLength || commonWords.has(word.toLowerCase());
}
