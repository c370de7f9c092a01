import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentTypeOf } from '../../../../src/report/sql/content-type.ts';

const cases: readonly (readonly [string, string])[] = [
  ['report.csv', 'text/csv'],
  ['image.gif', 'image/gif'],
  ['log.gz', 'application/gzip'],
  ['page.htm', 'text/html'],
  ['page.html', 'text/html'],
  ['invoice.isdoc', 'application/xml'],
  ['photo.jpeg', 'image/jpeg'],
  ['PHOTO.JPG', 'image/jpeg'],
  ['result.json', 'application/json'],
  ['job.log', 'text/plain'],
  ['notes.md', 'text/markdown'],
  ['table.ods', 'application/vnd.oasis.opendocument.spreadsheet'],
  ['letter.odt', 'application/vnd.oasis.opendocument.text'],
  ['outputs/main/invoice.pdf', 'application/pdf'],
  ['chart.png', 'image/png'],
  ['chart.svg', 'image/svg+xml'],
  ['tree.tar', 'application/x-tar'],
  ['tree.tgz', 'application/gzip'],
  ['tree.tar.gz', 'application/gzip'],
  ['notes.txt', 'text/plain'],
  ['photo.webp', 'image/webp'],
  ['table.xls', 'application/vnd.ms-excel'],
  ['table.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['bank.xml', 'application/xml'],
  ['pod.yaml', 'application/yaml'],
  ['pod.yml', 'application/yaml'],
  ['tree.zip', 'application/zip'],
  ['tree.tar.zst', 'application/zstd'],
  ['letter.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
];
for (const [name, type] of cases)
  test(`the media type of ${name} is ${type}`, () => {
    assert.deepEqual([contentTypeOf(name, true), contentTypeOf(name, false)], [type, type]);
  });

test('a name without a known extension has the media type of text or of bytes', () => {
  for (const name of ['log', 'pdf', '.json', 'outputs/pdf', 'x.', 'x.unknown', 'a.b/json'])
    assert.deepEqual(
      [contentTypeOf(name, true), contentTypeOf(name, false)],
      ['text/plain', 'application/octet-stream'],
      name,
    );
});
