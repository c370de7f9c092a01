import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary, type Surroundings } from '../helpers/emissary.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const marked = (text: string) => `\ufeff${text}`;
const application = JSON.stringify({
  name: 'a',
  description: 'b',
  executable: 'x',
  environment: { A: { type: 'string', description: 'a' } },
  ociimage: 'i',
});

interface Reading {
  readonly text: string;
  readonly args: readonly string[];
  readonly surroundings: (file: string) => Surroundings;
  /** Shows that it was read. */
  readonly shown: RegExp;
}

const job = { MULTIFLEXI_JOB_ID: '7' };
const url = 'mysql://u:p@127.0.0.1:1/d?nothing=1';
const readings: Readonly<Record<string, Reading>> = {
  'a template': {
    text: '{"sidecars":1}',
    args: ['init', '--template', 'file'],
    surroundings: () => ({}),
    shown: /sidecars: must/,
  },
  'a template on the volume': {
    text: '{"sidecars":1}',
    args: ['run', '--', 'true'],
    surroundings: () => ({}),
    shown: /sidecars: must/,
  },
  'an arguments file': {
    text: '["read"]',
    args: ['run', '--', 'echo'],
    surroundings: (file) => ({ env: { EMISSARY_ARGS_FILE: file } }),
    shown: /^read\n/,
  },
  'a file of variables': {
    text: '{"A":"read"}',
    args: ['run', '--', 'printenv', 'A'],
    surroundings: (file) => ({ env: { EMISSARY_ENV_FILE: file } }),
    shown: /^read\n/,
  },
  'an application definition': {
    text: application,
    args: ['manifest', 'file'],
    surroundings: () => ({}),
    shown: /image: i\n/,
  },
  'an environment file': {
    text: 'A=read\n',
    args: ['manifest', '--variables', 'file', 'app.json'],
    surroundings: () => ({}),
    shown: /value: read\n/,
  },
  'the address of the database': {
    text: `${url}\n`,
    args: ['wait'],
    surroundings: (file) => ({ env: { ...job, MULTIFLEXI_DATABASE_URL_FILE: file } }),
    shown: /unknown parameter/,
  },
};

for (const [what, { text, args, surroundings, shown }] of Object.entries(readings)) {
  const read = async (root: string, bytes: Buffer) => {
    const file = join(root, 'file');
    writeFileSync(file, bytes);
    writeFileSync(join(root, 'template'), what === 'a template on the volume' ? bytes : '{}');
    writeFileSync(join(root, 'app.json'), application);
    const { status, stdout, stderr } = await emissary(args, { root, cwd: root, ...surroundings(file) });
    return { status, all: `${stdout}${stderr}` };
  };

  test(`${what} may start with a byte order mark`, async (t) => {
    const plain = await read(temporaryVolume(t), Buffer.from(text));
    assert.match(plain.all, shown);
    const withMark = await read(temporaryVolume(t), Buffer.from(marked(text)));
    assert.match(withMark.all, shown);
    assert.equal(withMark.status, plain.status);
  });

  test(`${what} in UTF-16 is rejected, naming the encoding`, async (t) => {
    const little = Buffer.from(marked(text), 'utf16le');
    for (const bytes of [little, Buffer.from(little).swap16()]) {
      const { status, all } = await read(temporaryVolume(t), bytes);
      assert.match(all, /^emissary: .*it is UTF-16 text; save it as UTF-8\)?\n$/);
      assert.equal(status, 64);
    }
  });
}

test('a template in a variable or on standard input may start with a byte order mark, and is published without it', async (t) => {
  const text = marked('{"sidecars":[]}');
  for (const way of [
    { args: ['init'], env: { EMISSARY_TEMPLATE: text } },
    { args: ['init', '--template', '-'], stdin: text },
  ]) {
    const root = temporaryVolume(t);
    const { args, ...its } = way;
    const { status, stderr } = await emissary(args, { root, ...its });
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(readFileSync(join(root, 'template'), 'utf8'), '{"sidecars":[]}');
  }
});

test('a mounted Secret that was not decoded may contain a byte order mark', async (t) => {
  const root = temporaryVolume(t);
  const file = join(root, 'file');
  writeFileSync(file, Buffer.from(marked('{"A":"read"}')).toString('base64'));
  const env = { EMISSARY_ENV_FILE: file };
  assert.equal((await emissary(['run', '--', 'printenv', 'A'], { root, env })).stdout.toString(), 'read\n');
});
