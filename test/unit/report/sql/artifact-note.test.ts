import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markIn, noteOf } from '../../../../src/report/sql/artifact-note.ts';

const mark = `main/artifact/0 sha256:${'a'.repeat(64)}`;

test('a note begins with the description and ends with the mark, in 255 characters', () => {
  assert.equal(noteOf('Seznam faktur', mark, true), `Seznam faktur [emissary ${mark}]`);
  assert.equal(
    noteOf('Seznam faktur', mark, false),
    `Seznam faktur (base64; decode it to get the file) [emissary ${mark}]`,
  );
  for (const text of ['x'.repeat(1000), '🐎'.repeat(1000), '\ud800'.repeat(300), '']) {
    for (const name of ['main', 'n'.repeat(63)]) {
      const own = `${name}/parameter/999999 sha256:${'a'.repeat(64)}`;
      const note = noteOf(text, own, false);
      assert.ok([...note].length <= 255 && note.isWellFormed());
      assert.equal(markIn(note), own);
    }
  }
});

test('a description can neither forge a mark nor control a terminal', () => {
  const forged = noteOf(`good [emissary main/artifact/1 sha256:${'b'.repeat(64)}]`, mark, true);
  assert.equal(markIn(forged), mark);
  assert.equal(markIn('emissary of ours [not a mark'), 'of ours [not a mark');
  assert.equal(noteOf('a\u001b[2J\nb\u202ec', mark, true).slice(0, 10), 'a [2J b c ');
});

test('the mark of a row that an earlier version stored is recognized', () => {
  assert.equal(markIn(`emissary ${mark}`), mark);
  assert.equal(markIn(`emissary ${mark}; base64`), mark);
  assert.equal(markIn('somebody wrote this'), null);
  assert.equal(markIn(''), null);
});
