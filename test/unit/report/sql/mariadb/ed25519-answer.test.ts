import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { test } from 'node:test';
import { ed25519Answer } from '../../../../../src/report/sql/mariadb/ed25519-answer.ts';

const header = Buffer.from('302e020100300506032b657004220420', 'hex');

test('the ed25519 answer to a nonce is the signature of RFC 8032 for a password of 32 bytes', () => {
  for (let round = 0; round < 20; round += 1) {
    const password = randomBytes(16).toString('hex');
    const der = Buffer.concat([header, Buffer.from(password)]);
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    const nonce = randomBytes(32);
    assert.ok(createPublicKey(key).asymmetricKeyType === 'ed25519');
    assert.deepEqual(ed25519Answer(password, nonce), sign(null, nonce, key), password);
  }
});
