import { Document, visit } from 'yaml';
import type { KubernetesObject } from './kubernetes-object.ts';

/**
 * Texts that readers differ in: some take them for a number, a time or a sign (`0o14`, `1:30`, `=`), or find no end to
 * lines of nothing but spaces.
 */
const ambiguous = /^[^A-Za-z/{]|[\t\r]|[ \n]\n/;
/** Characters that YAML allows as an escape only, or takes for a line's end (YAML 1.2, 5.1). */
const unprintable = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * The objects as one YAML stream, which YAML 1.1 and 1.2 read alike. Texts that YAML 1.1 would take for something else
 * (`no`, `0x1`) are quoted by the library, what else may be misread here.
 */
export function yamlOf(objects: readonly KubernetesObject[]): string {
  return objects.map(documentOf).join('---\n');
}

function documentOf(object: KubernetesObject): string {
  const document = new Document(object, {
    version: '1.1',
    // With it, the text `<<` would stand there bare.
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
  // They stand in double quotes only, now.
  return document
    .toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER })
    .replace(unprintable, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
