import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { startS3Front } from '../helpers/s3-front.ts';
import { secret, startS3 } from '../helpers/s3-server.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('wait puts logs, outputs and results into EMISSARY_RESULTS_URL, and the report last', async (t) => {
  const s3 = await startS3(t);
  if (s3 === null) return;
  const front = await startS3Front(t, s3.port, () => null);
  const [root, made] = [temporaryVolume(t), temporaryVolume(t)];
  const template = {
    outputs: { artifacts: [{ name: 'a', path: join(made, 'report.csv'), archive: { none: {} } }] },
  };
  await runJob(t, ['sh', '-c', 'echo out; echo err >&2; echo a,b >"$0"/report.csv; exit 3', made], {
    root,
    template,
  });
  const env = {
    ...s3.credentials,
    MULTIFLEXI_JOB_ID: '7',
    EMISSARY_RESULTS_URL: s3.url('/kept', front.port),
  };
  const { status, stdout, stderr } = await emissary(['wait'], { root, env });
  assert.deepEqual([status, stdout.toString(), stderr], [0, '', '']);
  const output = `kept/7/outputs/artifacts${made}/report.csv`;
  const records = ['exitcode', 'result.json', 'started', 'stderr', 'stdout', 'timeline', 'usage'];
  assert.deepEqual(
    s3.keys().filter((key) => !key.endsWith('/usage')),
    [
      ...records.filter((name) => name !== 'usage').map((name) => `kept/7/ctr/main/${name}`),
      output,
      'kept/7/report.json',
    ].sort(),
  );
  assert.equal(s3.object('kept/7/ctr/main/stdout').toString(), 'out\n');
  assert.equal(s3.object('kept/7/ctr/main/stderr').toString(), 'err\n');
  assert.equal(s3.object(output).toString(), 'a,b\n');
  const report = JSON.parse(s3.object('kept/7/report.json').toString());
  assert.equal(report.exitCode, 3);
  const puts = front.asked.filter(({ method }) => method === 'PUT').map(({ url }) => url);
  assert.match(puts.at(-1) ?? '', /report\.json/);
  assert.doesNotMatch(JSON.stringify(front.asked), new RegExp(secret.slice(0, 10)));
});
