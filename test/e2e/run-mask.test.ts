import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runJob, startJob } from '../helpers/job.ts';
import { until } from '../helpers/until.ts';

test('run masks a secret in the files, in the forwarded output, and in the result', async (t) => {
  const env = { DB_PASSWORD: 'correct horse' };
  const args = [
    'sh',
    '-c',
    'echo "<$DB_PASSWORD>"; echo "<$DB_PASSWORD>" >&2',
    'correct horse',
    '--password=correct horse',
  ];
  const { stdout, stderr, kept } = await runJob(t, args, { env, options: ['--combined'] });
  assert.deepEqual([stdout.toString(), stderr], ['<***>\n', '<***>\n']);
  assert.deepEqual(
    [kept.text('stdout'), kept.text('stderr'), kept.text('combined')],
    ['<***>\n', '<***>\n', '<***>\n<***>\n'],
  );
  assert.deepEqual(kept.result().command.slice(-2), ['***', '--password=***']);
  assert.deepEqual(kept.result().stdout, { bytes: 6, truncated: false });
  for (const file of ['result.json', 'started', 'timeline'])
    assert.doesNotMatch(kept.text(file), /correct horse/);
});

test('run passes secrets to the job unmasked', async (t) => {
  const env = { API_TOKEN: 'abcdefgh' };
  const { status } = await runJob(
    t,
    ['sh', '-c', 'test "$API_TOKEN" = abc"def"gh && test "$0" = abcdef"gh"', 'abcdefgh'],
    { env },
  );
  assert.equal(status, 0);
});

test('run masks a secret that is split into two writes', async (t) => {
  const job = startJob(t, ['sh', '-c', 'printf "begin correct "; read -r _; printf "horse end\\n"'], {
    env: { SECRET: 'correct horse' },
    stdin: 'pipe',
  });
  await until('the first half', () => job.stdout().toString() === 'begin ');
  job.process.stdin?.end('\n');
  assert.equal((await job.finished).stdout.toString(), 'begin *** end\n');
  assert.equal(job.kept.text('stdout'), 'begin *** end\n');
});

test('run forwards at the end what only began like a secret', async (t) => {
  const { stdout } = await runJob(t, ['printf', 'correct hor'], { env: { SECRET: 'correct horse' } });
  assert.equal(stdout.toString(), 'correct hor');
});

test('run masks a multi-line secret as a whole', async (t) => {
  const env = { SSH_SECRET: '-----BEGIN KEY-----\nabc\ndef\n-----END KEY-----\n' };
  const { stdout } = await runJob(t, ['sh', '-c', 'printf "a\\n%sb\\n" "$SSH_SECRET"'], { env });
  assert.equal(stdout.toString(), 'a\n***b\n');
});

test('run masks a secret with a trailing newline also if the job omits it', async (t) => {
  const env = { A_PASSWORD: 'abc123xyz\n', B_PASSWORD: 'def456uvw\r\n', C_PASSWORD: 'short\n' };
  const script = 'echo "$A_PASSWORD" "${B_PASSWORD%??}" "${A_PASSWORD%?}" "${C_PASSWORD%?}"';
  const { stdout, stderr } = await runJob(t, ['sh', '-c', script], { env });
  assert.equal(stdout.toString(), '*** *** *** short\n');
  assert.match(stderr, /common words: C_PASSWORD\n$/);
});

test('run masks the longer of two secrets with a common prefix', async (t) => {
  const env = { A_TOKEN: 'secret-one', B_TOKEN: 'secret-one-and-more' };
  const { stdout } = await runJob(t, ['echo', 'secret-one-and-more secret-one secret-one-and'], { env });
  assert.equal(stdout.toString(), '*** *** ***-and\n');
});

test('run masks a secret that is not UTF-8', async (t) => {
  const under = ['sh', '-c', 'exec env "SECRET=$(printf "\\377\\376bytes")" "$@"', 'sh'];
  const { stdout } = await runJob(t, ['printf', '<\\377\\376bytes>'], { under });
  assert.equal(stdout.toString('latin1'), '<***>');
});

test('run does not mask short values and common words, and warns once', async (t) => {
  const env = {
    A_TOKEN: 'true',
    B_SECRET: '12345',
    C_PASSWORD: 'undefined',
    D_PASSWORD: '',
    E_TOKEN: 'long enough',
  };
  const { stdout, stderr } = await runJob(t, ['echo', 'true 12345 undefined', 'long enough'], { env });
  assert.equal(stdout.toString(), 'true 12345 undefined ***\n');
  const message =
    'not masked, since their values are too short or common words: A_TOKEN, B_SECRET, C_PASSWORD';
  assert.equal(stderr, `emissary: ${message}\n`);
});

for (const [options, env, printed] of [
  [['--mask-env', ''], {}, 'password other'],
  [[], { EMISSARY_MASK_ENV: '' }, 'password other'],
  [['--mask-env', 'OTH*'], {}, 'password ***'],
  [[], { EMISSARY_MASK_ENV: ' mysql_password , nothing' }, '*** other'],
  [['--mask-env=OTHER'], { EMISSARY_MASK_ENV: '*' }, 'password ***'],
  [[], { EMISSARY_MASK_ENV: '*' }, '*** ***'],
  [[], { EMISSARY_MASK_ENV: 'MYSQL.PASSWORD,OTHE?' }, 'password other'],
] as const) {
  test(`run masks the configured names: ${JSON.stringify([options, env])}`, async (t) => {
    const { stdout } = await runJob(t, ['echo', 'the-password the-other'], {
      env: { ...env, MYSQL_PASSWORD: 'the-password', OTHER: 'the-other' },
      options,
    });
    assert.equal(
      stdout.toString(),
      `${printed.replace('password', 'the-password').replace('other', 'the-other')}\n`,
    );
  });
}

test('run masks the reason why a command cannot be started', async (t) => {
  const { stderr, kept } = await runJob(t, ['/nowhere/correct-horse'], { env: { SECRET: 'correct-horse' } });
  assert.equal(stderr, 'emissary: Cannot run "/nowhere/***": no such file\n');
  assert.doesNotMatch(kept.text('result.json'), /correct-horse/);
});

test('the timeline counts masked bytes', async (t) => {
  const env = { SECRET: 'x'.repeat(1000) };
  const { kept } = await runJob(t, ['sh', '-c', 'for i in $(seq 50); do echo "$SECRET"; done'], { env });
  const sum = kept
    .text('timeline')
    .trim()
    .split('\n')
    .reduce((total, line) => total + Number(line.split(' ')[2]), 0);
  assert.deepEqual([sum, kept.bytes('stdout').length], [200, 200]);
});
