import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findSecrets, noSecrets, type Secrets } from '../../../../src/run/mask/find-secrets.ts';
import { SecretSearch } from '../../../../src/run/mask/secret-search.ts';
import { maskText, maskWhole, StreamMask } from '../../../../src/run/mask/stream-mask.ts';
import { seeded } from '../../../helpers/seeded.ts';

/** Few letters, so that secrets overlap, repeat themselves and share prefixes. */
const letters = fc.constantFrom('a', 'b', '\n');
const secretText = fc.string({ unit: letters, minLength: 2, maxLength: 7 });
const piece = fc.string({ unit: letters, maxLength: 12 });

test('masking a stream equals masking the whole text, however it is split', (t) => {
  const { seed } = seeded(t);
  const setting = fc.record({
    values: fc.array(secretText, { minLength: 1, maxLength: 4 }),
    // Whole secrets among the pieces, so that they occur often.
    pieces: fc.array(fc.oneof(piece, fc.nat({ max: 3 })), { maxLength: 12 }),
  });
  fc.assert(
    fc.property(setting, ({ values, pieces }) => {
      const secrets = secretsOf(values);
      const chunks = pieces.map((each) => (typeof each === 'string' ? each : (values[each] ?? '')));
      const mask = new StreamMask(secrets);
      const output = [...chunks.map((chunk) => Buffer.from(mask.push(Buffer.from(chunk)))), mask.end()];
      assert.equal(Buffer.concat(output).toString(), naive(chunks.join(''), values));
    }),
    { seed, numRuns: 5_000 },
  );
});

test('masking a stream of bytes equals masking the whole, also in pieces of one byte', (t) => {
  const { seed } = seeded(t);
  const bytes = fc.uint8Array({ maxLength: 200, max: 3 });
  const secret = fc.uint8Array({ minLength: 2, maxLength: 5, max: 3 });
  fc.assert(
    fc.property(bytes, fc.array(secret, { minLength: 1, maxLength: 3 }), (text, found) => {
      const values = found.map((value) => Buffer.from(value).toString('latin1'));
      const mask = new StreamMask(secretsOf(values, 'latin1'));
      const output = [...Buffer.from(text)].map((byte) => Buffer.from(mask.push(Buffer.of(byte))));
      const all = Buffer.concat([...output, mask.end()]).toString('latin1');
      assert.equal(all, naive(Buffer.from(text).toString('latin1'), values));
    }),
    { seed, numRuns: 1_000 },
  );
});

test('a mask holds back no more than may become a secret', () => {
  const mask = new StreamMask(secretsOf(['secret-value']));
  assert.equal(mask.push(Buffer.from('nothing, sec')).toString(), 'nothing, ');
  assert.equal(mask.push(Buffer.from('ond')).toString(), 'second');
  assert.equal(mask.push(Buffer.from('!\n')).toString(), '!\n');
  assert.equal(mask.end().toString(), '');
});

test('a stream without secrets is returned unchanged, in the same memory', () => {
  const chunk = Buffer.from('anything');
  assert.equal(new StreamMask(noSecrets).push(chunk), chunk);
});

test('masked text is not searched again', () => {
  assert.equal(maskWhole(Buffer.from('******abc'), secretsOf(['***', 'abc'])).toString(), '*********');
});

const entries = ['DB_PASSWORD=hunter22', 'db_password=lower-case', 'PASSWORD', 'X_TOKENS=tokens', '=x=y'];

test('names match patterns, ignoring case', () => {
  const values = (...patterns: readonly string[]) =>
    findSecrets(
      entries.map((entry) => Buffer.from(entry)),
      patterns,
    ).values.map(String);
  assert.deepEqual(values('*PASSWORD*'), ['lower-case', 'hunter22']);
  assert.deepEqual(values('DB_PASSWORD'), ['lower-case', 'hunter22']);
  assert.deepEqual(values('PASSWORD'), []);
  assert.deepEqual(values('*TOKEN*', '*TOKENS'), ['tokens']);
  assert.deepEqual(values('D.*'), []);
  assert.deepEqual(values('*'), ['lower-case', 'hunter22', 'tokens']);
  assert.deepEqual(values(), []);
});

test('a value is masked from six characters on, unless it is a common word', () => {
  const secrets = findSecrets(
    ['A=12345', 'B=123456', 'C=', 'D=localhost', 'E=LocalHost', 'F=default', 'G=123456'].map((entry) =>
      Buffer.from(entry),
    ),
    ['*'],
  );
  assert.deepEqual(secrets.values.map(String), ['123456']);
  assert.deepEqual(secrets.unmasked, ['A', 'D', 'E', 'F']);
});

function secretsOf(values: readonly string[], encoding: BufferEncoding = 'utf8'): Secrets {
  const unique = [...new Set(values)].map((value) => Buffer.from(value, encoding));
  const sorted = unique.sort((a, b) => b.length - a.length);
  return sorted.length === 0 ? noSecrets : { ...noSecrets, values: sorted, search: new SecretSearch(sorted) };
}

/** Masks the whole text: at each position the longest secret, continuing after it. */
function naive(text: string, values: readonly string[]): string {
  const longestFirst = [...values].sort((a, b) => b.length - a.length);
  let masked = '';
  for (let place = 0; place < text.length; ) {
    const found = longestFirst.find((value) => text.startsWith(value, place));
    masked += found === undefined ? text[place] : maskText;
    place += found?.length ?? 1;
  }
  return masked;
}
