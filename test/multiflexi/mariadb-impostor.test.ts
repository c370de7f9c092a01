import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { watchPrivateMemory } from '../bench/private-memory.ts';
import { makeCertificate } from '../helpers/certificate.ts';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import {
  column,
  endOfColumns,
  greeting,
  type Impostor,
  type ImpostorSession,
  impostorPassword,
  ok,
  packet,
  refusal,
  startImpostor,
  switchTo,
} from '../helpers/impostor.ts';
import { runJob } from '../helpers/job.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const key = Buffer.concat([Buffer.from([1]), Buffer.from(publicKey)]);
const full = Buffer.from([1, 4]);

/** How an impostor asks for the password. */
const questions: Readonly<Record<string, (session: ImpostorSession) => Promise<void>>> = {
  'mysql_clear_password at once': async ({ send, next }) => {
    send(greeting('mysql_clear_password'), 0);
    await next();
    send(switchTo('mysql_clear_password'));
    await next();
    send(refusal);
  },
  'sha256_password at once, with a key of its own': async ({ send, next }) => {
    send(greeting('sha256_password'), 0);
    await next();
    send(key);
    await next();
    send(refusal);
  },
  'sha256_password, with a key of its own': async ({ send, next }) => {
    send(greeting('mysql_native_password'), 0);
    await next();
    send(switchTo('sha256_password'));
    await next();
    send(key);
    await next();
  },
  'all of caching_sha2_password, with a key of its own': async ({ send, next }) => {
    send(greeting('mysql_native_password'), 0);
    await next();
    send(switchTo('caching_sha2_password'));
    await next();
    send(full);
    await next();
    send(key);
    await next();
  },
  'all of caching_sha2_password at once': async ({ send, next }) => {
    send(greeting('caching_sha2_password'), 0);
    await next();
    send(full);
    await next();
    send(key);
    await next();
  },
};

function isTold({ received }: Impostor): boolean {
  const bytes = received();
  if (bytes.includes(impostorPassword)) return true;
  const scramble = Buffer.from('abcdefgh-ijklmnopqrs');
  for (let at = 0; at + 256 <= bytes.length; at += 1) {
    try {
      const padding = constants.RSA_PKCS1_OAEP_PADDING;
      const found = privateDecrypt({ key: privateKey, padding }, bytes.subarray(at, at + 256));
      const text = found.map((byte, index) => byte ^ (scramble[index % 20] ?? 0)).toString();
      if (text.startsWith(impostorPassword)) return true;
    } catch {
      // It is not encrypted with the impostor's key.
    }
  }
  return false;
}

async function report(t: TestContext, impostor: Impostor) {
  const root = temporaryVolume(t);
  await runJob(t, ['true'], { root });
  const env = {
    MULTIFLEXI_JOB_ID: '1',
    MULTIFLEXI_DATABASE_URL: impostor.url,
    EMISSARY_REPORT_SECONDS: '3',
  };
  return { root, env };
}

const itself = /it asks for the password in clear text, .* set \?ssl-ca=FILE in MULTIFLEXI_DATABASE_URL/;

for (const [what, behave] of Object.entries(questions)) {
  test(`a server that asks for ${what} does not get the password without TLS`, async (t) => {
    const impostor = await startImpostor(t, behave);
    const { status, stderr } = await emissary(['wait'], await report(t, impostor));
    assert.equal(status, 64);
    assert.ok(!isTold(impostor));
    const sentence =
      /with a key of its own$|clear/.test(what) && !/at once, with/.test(what)
        ? itself
        : /asks for (the password|authentication)/;
    assert.match(stderr, sentence);
    assert.ok(!stderr.includes(impostorPassword));
    assert.ok(impostor.connections() <= 2, 'asking again cannot help');
  });
}

test('a server that has presented its certificate gets the password itself if it asks for it', async (t) => {
  const { key: secret, cert, path } = makeCertificate(t, 'IP:127.0.0.1');
  for (const plugin of ['mysql_clear_password', 'sha256_password']) {
    const told: string[] = [];
    const impostor = await startImpostor(t, async (plain) => {
      plain.send(greeting('mysql_native_password', true), 0);
      await plain.next();
      const { send, next } = plain.secure(secret, cert);
      await next();
      send(switchTo(plugin));
      told.push((await next()).toString());
      send(refusal);
    });
    const { root, env } = await report(t, impostor);
    const url = `${impostor.url}?ssl-ca=${path}`;
    const { status } = await emissary(['wait'], { root, env: { ...env, MULTIFLEXI_DATABASE_URL: url } });
    assert.deepEqual([status, told[0]], [64, `${impostorPassword}\0`], plugin);
    assert.ok(!isTold(impostor), 'only over TLS');
  }
});

/** Accepts a client and answers all its queries in this way. */
function answering(answer: (session: ImpostorSession) => void) {
  return async (session: ImpostorSession) => {
    session.send(greeting('mysql_native_password'), 0);
    await session.next();
    session.send(ok);
    await session.next();
    answer(session);
  };
}

const zeros = Buffer.alloc(65_536);
const manyOf = (payload: Buffer, from = 0) => {
  let number = from;
  return () => Buffer.concat(Array.from({ length: 2_000 }, () => packet(payload, number++ & 0xff)));
};
const floods: Readonly<Record<string, (session: ImpostorSession) => Promise<void>>> = {
  'one greeting': async ({ socket, flood }) => {
    socket.write(Buffer.from([0xff, 0xff, 0xff, 0, 0x0a]));
    flood(() => zeros);
  },
  'a greeting of many parts': async ({ flood }) => {
    const part = packet(Buffer.alloc(0xffffff, 'x'), 0);
    flood(() => part);
  },
  greetings: async ({ flood }) => flood(manyOf(greeting('mysql_native_password'))),
  errors: async ({ flood }) => flood(manyOf(refusal)),
  'errors to the password': async ({ send, next, flood }) => {
    send(greeting('mysql_native_password'), 0);
    await next();
    flood(manyOf(refusal, 2));
  },
  'questions for the password': async ({ send, next, flood }) => {
    send(greeting('mysql_native_password'), 0);
    await next();
    flood(manyOf(switchTo('mysql_native_password'), 2));
  },
  'packets out of order': answering(({ flood }) => flood(manyOf(ok, 77))),
  'answers that nobody asked for': answering(({ flood }) => flood(manyOf(ok, 1))),
  columns: answering(({ send, flood }) => {
    send(Buffer.from([0xfd, 0xff, 0xff, 0xff]));
    flood(manyOf(column('c'), 2));
  }),
  rows: answering(({ send, flood }) => {
    send(Buffer.from([1]));
    send(column('id'));
    send(endOfColumns);
    flood(manyOf(Buffer.from([1, 0x31]), 4));
  }),
  'one row': answering(({ send, flood, socket }) => {
    send(Buffer.from([1]));
    send(column('id'));
    send(endOfColumns);
    socket.write(Buffer.from([0xff, 0xff, 0xff, 4]));
    flood(() => zeros);
  }),
  results: answering(({ flood }) => flood(manyOf(Buffer.from([0, 0, 0, 10, 0, 0, 0]), 1))),
};

/** Far below the usual memory limit of a reporter's container; without a flood it is some 60 MB. */
const mostBytes = 200_000_000;

for (const [what, behave] of Object.entries(floods)) {
  test(`a server that sends endless ${what} costs little memory and time`, async (t) => {
    const impostor = await startImpostor(t, behave);
    const { root, env } = await report(t, impostor);
    const reporter = startEmissary(t, ['wait'], { root, env });
    const peak = watchPrivateMemory(reporter.process);
    const began = performance.now();
    const { status, stderr } = await reporter.finished;
    assert.equal(status, 64, stderr);
    assert.ok(performance.now() - began < 30_000);
    assert.ok(peak() < mostBytes, `${peak()} bytes`);
    assert.ok(stderr.length < 4_000, `${stderr.length}: ${stderr.slice(0, 4_000)}`);
    assert.ok(
      stderr.split('\n').every((line) => line === '' || line.startsWith('emissary: ')),
      stderr,
    );
  });
}

test('a server that asks for a file of this machine gets nothing', async (t) => {
  const impostor = await startImpostor(
    t,
    answering(({ send }) => send(Buffer.from('\xfb/etc/passwd', 'latin1'))),
  );
  const { status } = await emissary(['wait'], await report(t, impostor));
  assert.equal(status, 64);
  assert.ok(!impostor.received().includes('root:'));
});

test('a server that asks for authentication with an unsupported plugin is reported as such', async (t) => {
  const impostor = await startImpostor(t, async ({ send, next }) => {
    send(greeting('mysql_native_password'), 0);
    await next();
    send(switchTo('dialog'));
  });
  const { status, stderr } = await emissary(['wait'], await report(t, impostor));
  assert.equal(status, 64);
  assert.match(
    stderr,
    /it asks for authentication with the unsupported plugin dialog; give the user ed25519/,
  );
});
