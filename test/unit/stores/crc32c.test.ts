import assert from 'node:assert/strict';
import { test } from 'node:test';
import { combineCrc32c, crc32cFrom } from '../../../src/stores/gcs/crc32c.ts';

test('a CRC-32C of a store is four bytes in base64, and anything else is none', () => {
  // Of `123456789` (RFC 3720, B.4).
  assert.equal(crc32cFrom('4waSgw=='), 0xe3069283);
  for (const odd of ['', 'AA==', '4waSg', 'not base64', '4waSgwAA', '\u0000', 'a'.repeat(1000)])
    assert.equal(crc32cFrom(odd), null, odd);
});

test('the CRC-32C of two pieces is that of both', () => {
  // Of `1234` and `56789`.
  const [first, second] = [0xf63af4ee, 0x83b565d8];
  assert.equal(combineCrc32c(first, second, 5), 0xe3069283);
});
