import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runJob } from '../helpers/job.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('run masks a secret in base64, URL-encoded, JSON-escaped, and line by line', async (t) => {
  const env = { API_TOKEN: 'hořká "voda"/42', SSH_PRIVATE_KEY: 'first-line\r\nsecond-line\r\n' };
  const script = `
    const { API_TOKEN: token, SSH_PRIVATE_KEY: key } = process.env;
    console.log(Buffer.from(token).toString('base64'));
    console.log('Authorization: Basic ' + Buffer.from('user:' + token).toString('base64').length);
    console.log(encodeURIComponent(token));
    console.log(JSON.stringify({ token }));
    for (const line of key.split('\\r\\n')) console.log('key: ' + line);
    console.log(key.replaceAll('\\r\\n', '\\n'));`;
  const { stdout, kept } = await runJob(t, [process.execPath, '-e', script], { env });
  const expected = [
    '***',
    'Authorization: Basic 32',
    '***',
    '{"token":"***"}',
    'key: ***',
    'key: ***',
    'key: ',
    '***',
    '',
  ];
  assert.deepEqual(stdout.toString().split('\n'), expected);
  assert.equal(kept.text('stdout'), stdout.toString());
});

for (const name of ['MY_PASSPHRASE', 'deploy_private_key_pem', 'AWS_CREDENTIALS', 'SENTRY_DSN']) {
  test(`run masks ${name} by default`, async (t) => {
    const { stdout } = await runJob(t, ['echo', 'correct-horse'], { env: { [name]: 'correct-horse' } });
    assert.equal(stdout.toString(), '***\n');
  });
}

test('run masks only the password of a URL, in any variable', async (t) => {
  const env = { SOME_SERVER: 'https://me:hunter%2022@server/path' };
  const args = ['printf', '%s\\n', 'https://me:hunter%2022@server/path', 'hunter 22'];
  const { stdout } = await runJob(t, args, { env });
  assert.equal(stdout.toString(), 'https://me:***@server/path\n***\n');
  const off = await runJob(t, args, { env, options: ['--mask-env='] });
  assert.equal(off.stdout.toString(), 'https://me:hunter%2022@server/path\nhunter 22\n');
});

test('run masks secrets in the names and paths of outputs, and saves the files', async (t) => {
  const work = temporaryVolume(t);
  const env = { A_SECRET: 'hunter22', B_SECRET: 'hunter33' };
  const template = {
    outputs: {
      parameters: [{ name: 'hunter22', valueFrom: { path: join(work, 'hunter22.txt') } }],
      artifacts: [
        { name: 'a hunter22', path: join(work, 'hunter22'), archive: { none: {} } },
        { name: 'b hunter33', path: join(work, 'hunter33'), archive: { none: {} } },
        { name: 'none', path: join(work, 'no-hunter22'), optional: true },
      ],
    },
    multiflexi: { artifactPatterns: ['^report', 'x-hunter22'], artifactDirectory: work },
  };
  const script = `cd '${work}'; for i in hunter22 hunter33 hunter22.txt report-hunter33.csv; do echo $i > $i; done; mkdir report-hunter22`;
  const { status, stderr, kept } = await runJob(t, ['sh', '-c', script], { env, template });
  assert.equal(status, 0, stderr);
  const text = kept.text('result.json').replace(/"command":\[.*?\],"pid"/s, '');
  assert.doesNotMatch(text, /hunter\d\d/);
  const { parameters, artifacts, missing, skipped } = kept.result().outputs;
  assert.deepEqual(
    parameters.map(({ name, path }) => [name, path]),
    [['***', join(work, '***.txt')]],
  );
  assert.deepEqual(
    artifacts.map(({ name, path }) => [name, path]),
    [
      ['a ***', join(work, '***')],
      ['b ***', join(work, '***')],
      ['report-***.csv', join(work, 'report-***.csv')],
    ],
  );
  assert.deepEqual(
    artifacts.map(({ file }) => file.replace(/.*\//, '')),
    ['***', '***2', 'report-***.csv'],
  );
  for (const { file } of [...parameters, ...artifacts]) assert.ok(existsSync(join(kept.root, file)), file);
  assert.deepEqual(
    missing.map(({ name }) => name),
    ['x-***', 'none'],
  );
  assert.deepEqual(skipped[0]?.path, join(work, 'report-***'));
});

test('run masks secrets in its own messages', async (t) => {
  const env = { A_SECRET: 'hunter22' };
  const template = { multiflexi: { resultFile: '/proc/hunter22/report.json' } };
  const { stderr } = await runJob(t, ['true'], { env, template });
  assert.match(stderr, /Cannot create the result file's directory \/proc\/\*\*\*/);
});

test('run forwards text that only begins like a long encoded secret', async (t) => {
  const secret = Array.from({ length: 1_000 }, (_, index) => (index * 7_919).toString(36)).join('/');
  const env = { BIG_SECRET: secret };
  const args = [
    process.execPath,
    '-e',
    'process.stdout.write(JSON.stringify(process.env.BIG_SECRET).slice(1, -2) + "!")',
  ];
  const { stdout } = await runJob(t, args, { env });
  assert.equal(stdout.toString().slice(-1), '!');
  assert.equal(stdout.toString(), `${secret.slice(0, -1)}!`);
});

test('run masks a JSON-escaped line of a multi-line secret', async (t) => {
  const env = { A_TOKEN: 'line one secret\nsecond "quoted" line' };
  const args = ['printf', '%s\\n', '{"said":"second \\"quoted\\" line"}'];
  const { stdout } = await runJob(t, args, { env });
  assert.equal(stdout.toString(), '{"said":"***"}\n');
});

test('run keeps two parameters apart whose paths differ only in secrets', async (t) => {
  const work = temporaryVolume(t);
  const env = { A_TOKEN: 's3cretpw1', B_TOKEN: 's3cretpw2' };
  const paths = Object.values(env).map((secret) => join(work, `${secret}.p`));
  const parameters = paths.map((path, index) => ({ name: `p${index}`, valueFrom: { path } }));
  const script = paths.map((path, index) => `printf ${index} >${path}`).join('; ');
  const { kept } = await runJob(t, ['sh', '-c', script], { env, template: { outputs: { parameters } } });
  const files = kept.result().outputs.parameters.map(({ file }) => file);
  assert.deepEqual(
    files.map((file) => readFileSync(join(kept.root, file), 'utf8')),
    ['0', '1'],
  );
});
