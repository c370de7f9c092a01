import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findSecrets } from '../../../../src/run/mask/find-secrets.ts';
import { maskWhole, StreamMask } from '../../../../src/run/mask/stream-mask.ts';
import { seeded } from '../../../helpers/seeded.ts';

const url = (text: string) => encodeURIComponent(text);
const lower = (text: string) => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
const ascii = (text: string) =>
  text.replace(/[\u0080-\uffff]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);
const json = (text: string) => JSON.stringify(text).slice(1, -1);

/** How programs print a secret; each form must be masked. */
const printers: Readonly<Record<string, (secret: string) => string>> = {
  base64: (secret) => Buffer.from(secret).toString('base64'),
  'base64 without padding': (secret) => Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  base64url: (secret) => Buffer.from(secret).toString('base64url'),
  'echo | base64': (secret) => Buffer.from(`${secret}\n`).toString('base64'),
  encodeURIComponent: url,
  'in lower case': (secret) => lower(url(secret)),
  'as a form': (secret) => new URLSearchParams({ a: secret }).toString().slice('a='.length),
  'the rest escaped too': (secret) =>
    url(secret).replace(/[!'()*~]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`),
  'JSON.stringify': json,
  json_encode: (secret) => ascii(json(secret)).replaceAll('/', '\\/'),
  JSON_UNESCAPED_SLASHES: (secret) => ascii(json(secret)),
  JSON_UNESCAPED_UNICODE: (secret) => json(secret).replaceAll('/', '\\/'),
  "Go's json": (secret) =>
    json(secret).replace(/[<>&]/g, (each) => `\\u00${each.charCodeAt(0).toString(16)}`),
  'JSON in JSON': (secret) => json(json(secret)),
  'with \\r\\n': (secret) => secret.replace(/\r?\n/g, '\r\n'),
  'with \\n': (secret) => secret.replaceAll('\r\n', '\n'),
};

const unit = fc.oneof(
  fc.constantFrom(...'aB3/+"\\<>&\'` \t=%:@?#~*!().-_', '\n', '\r\n', 'ř', '€', '😀'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
);
/** No blanks at the ends: those are what `echo` adds. */
const secretText = fc
  .array(unit, { minLength: 6, maxLength: 40 })
  .map((units) => `x${units.join('').replaceAll('\0', '')}y`);

const secretsOf = (...values: readonly string[]) =>
  findSecrets(
    values.map((value, index) => Buffer.from(`SECRET_${index}=${value}`)),
    ['*SECRET*'],
  );

for (const [how, print] of Object.entries(printers)) {
  test(`a secret is masked ${how}`, (t) => {
    const { seed } = seeded(t);
    fc.assert(
      fc.property(secretText, (secret) => {
        const shown = print(secret);
        assert.equal(maskWhole(Buffer.from(`<${shown}>`), secretsOf(secret)).toString(), '<***>');
      }),
      { seed, numRuns: 300 },
    );
  });
}

test('a secret is masked inside a larger base64 text, whatever its position', (t) => {
  const { seed } = seeded(t);
  const around = fc.uint8Array({ maxLength: 30 });
  fc.assert(
    fc.property(secretText, around, around, fc.boolean(), (secret, before, after, safe) => {
      const whole = Buffer.concat([before, Buffer.from(secret), after]);
      const masked = maskWhole(
        Buffer.from(whole.toString(safe ? 'base64url' : 'base64')),
        secretsOf(secret),
      ).toString();
      assert.ok(masked.includes('***'), masked);
      // No byte of the secret can be decoded: the characters at its ends are shared with the surroundings.
      const left = masked.split('***').map((part) => part.length);
      assert.ok((left[0] ?? 0) <= Math.ceil((before.length * 8) / 6), masked);
      assert.ok((left[1] ?? 0) <= Math.ceil((after.length * 8) / 6) + 3, masked);
    }),
    { seed, numRuns: 1_000 },
  );
});

test('masking a stream of encoded secrets equals masking the whole, however it is split', (t) => {
  const { seed } = seeded(t);
  const texts = Object.values(printers);
  const setting = fc.record({
    secrets: fc.array(secretText, { minLength: 1, maxLength: 3 }),
    pieces: fc.array(fc.tuple(fc.nat(2), fc.nat(texts.length - 1), fc.string({ maxLength: 5 })), {
      maxLength: 6,
    }),
    cuts: fc.array(fc.nat(400), { maxLength: 12 }),
  });
  fc.assert(
    fc.property(setting, ({ secrets, pieces, cuts }) => {
      const found = secretsOf(...secrets);
      const text = Buffer.from(
        pieces
          .map(([which, how, filler]) => filler + (texts[how]?.(secrets[which] ?? filler) ?? ''))
          .join(''),
      );
      const mask = new StreamMask(found);
      const places = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
      const output = places
        .slice(1)
        .map((end, index) => Buffer.from(mask.push(Buffer.from(text.subarray(places[index], end)))));
      assert.equal(Buffer.concat([...output, mask.end()]).toString(), maskWhole(text, found).toString());
    }),
    { seed, numRuns: 1_000 },
  );
});

test('each line of a multi-line secret is masked on its own, if it is long enough', () => {
  const key = '-----BEGIN KEY-----\nMIIEvQIBADAN\nBgkqhkiG9w0B\nabc\n-----END KEY-----\n';
  const shown = key
    .split('\n')
    .map((line) => `| ${line} |\n`)
    .join('');
  const masked = maskWhole(Buffer.from(shown), secretsOf(key)).toString();
  assert.equal(masked, '| *** |\n| *** |\n| *** |\n| abc |\n| *** |\n|  |\n');
});

test("only the password of a URL is masked, whatever its variable's name", () => {
  const masked = (value: string, text: string) =>
    maskWhole(Buffer.from(text), findSecrets([Buffer.from(`ANY=${value}`)], ['*SECRET*'])).toString();
  for (const [value, text, expected] of [
    ['mysql://user:hunter22@host/db', 'user hunter22 host db', 'user *** host db'],
    ['redis://:hunter22@host', 'redis://:hunter22@host', 'redis://:***@host'],
    ['x://u:hunter%2F22@h', 'hunter%2F22 hunter/22', '*** ***'],
    ['x://u:hunter/22@h/db', 'hunter/22', '***'],
    ['x://u:hunter@22@h/db', 'hunter@22', '***'],
    ['a://b:hunter22@c,a://b:hunter33@c', 'hunter22 hunter33', '*** ***'],
    ['see https://u:hunter22@h and more', 'hunter22', '***'],
    ['https://h/?my_secret=hunter22&b=other123', 'hunter22 other123', '*** other123'],
    ['https://host:8080/path@x', '8080/path', '8080/path'],
    ['https://user@host/hunter22', 'user hunter22', 'user hunter22'],
    ['mysql://user:hunter22@host', Buffer.from('user:hunter22').toString('base64').slice(7, 17), '***'],
  ] as const)
    assert.equal(masked(value, text), expected, value);
  assert.equal(findSecrets([Buffer.from('ANY=a://b:hunter22@c')], []).search, null);
  assert.deepEqual(findSecrets([Buffer.from('ANY=a://b:short@c')], ['X']).unmasked, ['ANY']);
});

test('a large secret is masked only unencoded, and this is reported', () => {
  const large = Array.from({ length: 9_000 }, (_, index) => (index * 7_919).toString(36)).join('');
  const secrets = findSecrets([Buffer.from(`SECRET=${large}`)], ['SECRET']);
  assert.deepEqual(secrets.unencoded, ['SECRET']);
  assert.equal(maskWhole(Buffer.from(`<${large}>`), secrets).toString(), '<***>');
});

test('a stream mask holds back no more than the longest form of a secret', () => {
  const secrets = secretsOf('ř'.repeat(100));
  const longest = secrets.search?.longest ?? 0;
  const mask = new StreamMask(secrets);
  const text = Buffer.from(json('ř'.repeat(99)));
  assert.equal(mask.push(text).length, 0);
  assert.ok(longest >= text.length && longest <= 100 * '\\\\u0159'.length * 2, String(longest));
});
