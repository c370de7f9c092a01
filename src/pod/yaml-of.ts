import { Document, visit } from 'yaml';
import type { KubernetesObject } from './kubernetes-object.ts';

/**
 * Texts that YAML readers disagree on: some read them as a number, a time or a value (`0o14`, `1:30`, `=`), or fail on
 * lines that consist of spaces.
 */
const ambiguous = /^[^A-Za-z/{]|[\t\r]|[ \n]\n/;
/** Characters that YAML allows only escaped, or reads as a line break (YAML 1.2, 5.1). */
const unprintable = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * The objects as one YAML stream that YAML 1.1 and 1.2 read alike. The library quotes texts that YAML 1.1 would not
 * read as strings (`no`, `0x1`); other ambiguous texts are quoted here.
 */
export function yamlOf(objects: readonly KubernetesObject[]): string {
  return objects.map(documentOf).join('---\n');
}

function documentOf(object: KubernetesObject): string {
  const document = new Document(object, {
    version: '1.1',
    // With the merge tag, the text `<<` would not be quoted.
    customTags: (tags) =>
      tags.filter((tag) => tag !== 'merge' && (typeof tag === 'string' || !tag.tag.endsWith(':merge'))),
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Scalar(_, scalar) {
      const { value } = scalar;
      if (typeof value === 'string' && (ambiguous.test(value) || value.search(unprintable) !== -1))
        scalar.type = 'QUOTE_DOUBLE';
    },
  });
  // By now they occur only in double quotes.
  return document
    .toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER })
    .replace(unprintable, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
