import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { type JobSetting, runJob } from '../helpers/job.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const KiB = 1024;
const template = { multiflexi: { captureResult: true } };

async function resultOf(t: TestContext, script: string, setting: JobSetting = {}) {
  const { kept, stderr } = await runJob(t, ['sh', '-c', script], { template, ...setting });
  return { result: kept.result().outputs.result, stderr };
}

test('run records what the job printed as its result, without one newline at its end', async (t) => {
  for (const [printed, expected] of [
    ['printf 1.5', '1.5'],
    ['echo one; echo two; echo error >&2', 'one\ntwo'],
    ['printf "x\n\n"', 'x\n'],
    ['true', ''],
    ['echo partial; exit 3', 'partial'],
  ] as const) {
    assert.equal((await resultOf(t, printed)).result, expected, printed);
  }
});

test('run records no result unless the template asks for it', async (t) => {
  for (const other of [
    {},
    { multiflexi: {} },
    { multiflexi: { captureResult: false }, script: { source: '' } },
  ])
    assert.equal((await resultOf(t, 'echo x', { template: other })).result, undefined);
  assert.equal((await resultOf(t, 'echo x', { name: 'other' })).result, undefined);
});

test('a script has a result', async (t) => {
  const root = temporaryVolume(t);
  const env = { EMISSARY_TEMPLATE: JSON.stringify({ script: { source: 'echo 42\n' } }) };
  assert.equal((await emissary(['init'], { root, env })).status, 0);
  const { kept } = await runJob(t, ['sh'], { root });
  assert.equal(kept.result().outputs.result, '42');
});

test('run masks the result', async (t) => {
  const { result } = await resultOf(t, 'echo "<$A_TOKEN>"', { env: { A_TOKEN: 'correct-horse' } });
  assert.equal(result, '<***>');
});

test('run keeps the last 256 KiB of a result, and logs that', async (t) => {
  const whole = await resultOf(t, `head -c ${256 * KiB} /dev/zero | tr '\\0' a; echo`);
  assert.deepEqual([whole.result, whole.stderr], ['a'.repeat(256 * KiB), '']);
  const { result, stderr } = await resultOf(t, `printf b; head -c ${256 * KiB} /dev/zero | tr '\\0' a; echo`);
  assert.equal(result, 'a'.repeat(256 * KiB));
  assert.equal(stderr, 'emissary: The result is larger than 262144 bytes: only its end is kept\n');
});

test('run cuts a result between characters, and replaces bytes that are not UTF-8', async (t) => {
  const cut = await resultOf(t, `yes ä | tr -d '\\n' | head -c ${300 * KiB}; printf x`);
  assert.match(cut.result ?? '', /^ä+x$/);
  const odd = await resultOf(t, `head -c ${200 * KiB} /dev/zero | tr '\\0' '\\377'`);
  assert.match(odd.result ?? '', /^\ufffd+$/);
  assert.ok(Buffer.byteLength(odd.result ?? '') <= 256 * KiB);
});

test('the result is that of the last attempt', async (t) => {
  const set = { containers: [{ name: 'main' }], retryStrategy: { retries: 2 } };
  const script = '[ -e "$0" ] && echo second && exit; : >"$0"; echo first; exit 1';
  const { kept } = await runJob(t, ['sh', '-c', script, join(temporaryVolume(t), 'begun')], {
    template: { ...template, containerSet: set },
  });
  assert.deepEqual([kept.text('stdout'), kept.result().outputs.result], ['first\nsecond\n', 'second']);
});

test('a command that was not started has no result', async (t) => {
  const { kept } = await runJob(t, ['/nowhere'], { template });
  assert.equal(kept.result().outputs.result, undefined);
});

test('wait reports the result, and takes no more than 256 KiB of a forged one', async (t) => {
  const root = temporaryVolume(t);
  const { kept } = await runJob(t, ['echo', 'value'], { root, template });
  const spool = temporaryVolume(t);
  const { stdout } = await emissary(['wait'], { root, env: { EMISSARY_SPOOL_DIR: spool } });
  assert.equal(JSON.parse(stdout.toString()).containers[0].result.outputs.result, 'value');
  const record = kept.result();
  const forged = { ...record, outputs: { ...record.outputs, result: 'é'.repeat(1024 * KiB) } };
  writeFileSync(kept.path('result.json'), JSON.stringify(forged));
  const results = temporaryVolume(t);
  const env = {
    MULTIFLEXI_JOB_ID: '7',
    EMISSARY_RESULTS_DIR: results,
    EMISSARY_SPOOL_DIR: temporaryVolume(t),
  };
  assert.equal((await emissary(['wait'], { root, env })).status, 0);
  const report = JSON.parse(readFileSync(join(results, '7/report.json'), 'utf8'));
  assert.equal(report.containers[0].result.outputs.result, 'é'.repeat(128 * KiB));
});

test('init and run reject a captureResult that is neither true nor false', async (t) => {
  const wrong = { multiflexi: { captureResult: 'yes' } };
  const { status, stderr } = await runJob(t, ['true'], { template: wrong });
  assert.equal(status, 64);
  assert.match(stderr, /multiflexi\.captureResult: /);
});
