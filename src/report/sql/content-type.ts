import { extname } from 'node:path';
import { Mime } from 'mime/lite';
import standardTypes from 'mime/types/standard.js';

/** What the standard types lack, or have otherwise: vendors' types, and two that IANA has registered since. */
const moreTypes = {
  'application/gzip': ['tgz'],
  'application/vnd.ms-excel': ['xls'],
  'application/vnd.oasis.opendocument.spreadsheet': ['ods'],
  'application/vnd.oasis.opendocument.text': ['odt'],
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': ['xlsx'],
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': ['docx'],
  'application/x-tar': ['tar'],
  // Invoices as XML.
  'application/xml': ['isdoc'],
  // RFC 9512.
  'application/yaml': ['yaml', 'yml'],
  // RFC 8878.
  'application/zstd': ['zst'],
};

const mime = new Mime(standardTypes).define(moreTypes, true);

/** A file's media type: by its name, else by whether it is text. The content is not asked. */
export function contentTypeOf(name: string, isText: boolean): string {
  const extension = extname(name);
  // The library would take the file `log` for one that ends with `.log`.
  const known = extension === '' ? null : mime.getType(extension);
  return known ?? (isText ? 'text/plain' : 'application/octet-stream');
}
