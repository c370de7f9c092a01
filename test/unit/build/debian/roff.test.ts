import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execa } from 'execa';
import { bold, entry, roff, synopsis } from '../../../../build/debian/roff.ts';
import { requireProgram } from '../../../helpers/require.ts';

const odd = '.dot \'quote \\fB \\n back\\slash -- a-b … `tick` "two" ^~';

test('text for a manual page is shown as it was written', async (t) => {
  if (!requireProgram(t, 'groff')) return;
  for (const text of [odd, `'${odd}`, odd.slice(1)]) {
    const page = `.TH T 1\n.SH S\n${entry(bold('--tag'), roff(text))}\n`;
    const { stdout, stderr } = await execa('groff', ['-man', '-Tutf8', '-P-c', '-P-b', '-P-u', '-ww', '-k'], {
      input: page,
    });
    assert.equal(stderr, '');
    assert.ok(stdout.includes(text.replace('…', '...')), stdout);
  }
});

test('a synopsis has words to be replaced in italics, and those to be typed in bold', () => {
  assert.equal(
    synopsis('run [options] -- COMMAND [ARG…]'),
    '\\fBrun\\fR [options] \\fB\\-\\-\\fR \\fICOMMAND\\fR \\fI[ARG\\&...]\\fR',
  );
});
