import { isUtf8 } from 'node:buffer';

/**
 * The forms that a secret may have in output. All texts here are bytes as Latin-1, one character each, unless UTF-8 is
 * mentioned.
 */

/** A secret with all possible line ends: as it is, with `\n` only, with `\r\n` only. */
export function withLineEnds(bytes: string): readonly string[] {
  if (!bytes.includes('\n')) return [bytes];
  const plain = bytes.replaceAll('\r\n', '\n');
  return [...new Set([bytes, plain, plain.replaceAll('\n', '\r\n')])];
}

/** The trimmed lines of a multi-line secret; none for a single line. */
export function linesOf(bytes: string): readonly string[] {
  const lines = bytes.split(/[\r\n]+/).map((line) => line.replace(/^[ \t]+|[ \t]+$/g, ''));
  return lines.length === 1 ? [] : lines;
}

/** A secret in base64, URL-encoded and JSON-escaped; may contain duplicates. */
export function encodedForms(bytes: string): readonly string[] {
  const value = Buffer.from(bytes, 'latin1');
  return [...base64Forms(value), ...urlForms(value), ...escapedForms(bytes)];
}

/** A secret, or a line of one, JSON-escaped. */
export function escapedForms(bytes: string): readonly string[] {
  const value = Buffer.from(bytes, 'latin1');
  return isUtf8(value) ? jsonForms(value.toString()) : [];
}

/** Characters per line of base64: PEM (RFC 7468) and MIME (RFC 2045); base64(1) uses the latter. */
const base64Lines: readonly number[] = [64, 76];

function base64Forms(value: Buffer): readonly string[] {
  // Also with the newline that `echo` adds before base64(1).
  const whole = [value, Buffer.concat([value, Buffer.from('\n')])].map((bytes) => bytes.toString('base64'));
  const forms = whole.flatMap((text) => [text, text.replace(/=+$/, ''), ...wrapped(text)]);
  forms.push(...[0, 1, 2].map((before) => insideBase64(value, before)));
  return forms.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]);
}

function wrapped(text: string): readonly string[] {
  return base64Lines
    .filter((length) => text.length > length)
    .flatMap((length) => text.match(new RegExp(`.{1,${length}}`, 'g')) ?? []);
}

/**
 * The characters of a larger base64 text that encode only bits of this value, whatever surrounds it.
 * @param before the number of bytes before the value, modulo three
 */
function insideBase64(value: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), value]).toString('base64');
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + value.length) * 8) / 6));
}

/**
 * What encoders leave unescaped besides letters and digits: encodeURIComponent, PHP's rawurlencode and urlencode,
 * URLSearchParams, Python's quote, encodeURI, and the password of a URL
 * (https://url.spec.whatwg.org/#userinfo-percent-encode-set).
 */
const leftAlone = ["-_.!~*'()", '-_.~', '-_.', '-_.*', '-_.~/', "-_.!~*'();/?:@&=+$,#", "-_.!~*'()$&+,%"];

function urlForms(value: Buffer): readonly string[] {
  return leftAlone.flatMap((marks) => {
    const upper = percentEncoded(value, marks);
    const lower = upper.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
    return [upper, lower].flatMap((text) => [text, text.replaceAll('%20', '+')]);
  });
}

function percentEncoded(value: Buffer, marks: string): string {
  let text = '';
  for (const byte of value) {
    const character = String.fromCharCode(byte);
    const plain = /[A-Za-z0-9]/.test(character) || marks.includes(character);
    text += plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

/** What encoders escape beyond what JSON requires: nothing, Go, PHP with its HEX flags, .NET. */
const escapedToo: readonly RegExp[] = [/(?!)/g, /[<>&]/g, /[<>&']/g, /[<>&']|\\"/g, /[<>&'+`]|\\"/g];

function jsonForms(text: string): readonly string[] {
  const plain = JSON.stringify(text).slice(1, -1);
  const some = escapedToo.flatMap((marks) =>
    [lowerCode, upperCode].map((code) => plain.replace(marks, (mark) => code(mark.at(-1) ?? ''))),
  );
  const ascii = some.flatMap((each) => [
    each,
    each.replace(/[\u0080-\uffff]/g, lowerCode),
    each.replace(/[\u0080-\uffff]/g, upperCode),
  ]);
  // A JSON document inside a string of a JSON log line is escaped twice.
  const twice = JSON.stringify(plain).slice(1, -1);
  return [...ascii, twice]
    .flatMap((each) => [each, each.replaceAll('/', '\\/')])
    .map((each) => Buffer.from(each).toString('latin1'));
}

function lowerCode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function upperCode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}
