import assert from 'node:assert/strict';
import { chownSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { keptBy, runJob, startJob } from '../helpers/job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

// The built file starts from its own place, as from an image volume; the job's volume is empty.

const given = (template: object) => ({ EMISSARY_TEMPLATE: JSON.stringify(template) });
const needsRoot = { skip: getuid?.() !== 0 && 'needs root' };

test('run stages inputs and saves outputs of its own template on a new volume', async (t) => {
  const [root, place] = [temporaryVolume(t), temporaryVolume(t)];
  const template = {
    script: { source: '#!/bin/sh\ncat in >out; echo done\n' },
    inputs: { artifacts: [{ name: 'in', path: join(place, 'in'), raw: { data: 'text' } }] },
    outputs: { parameters: [{ name: 'out', valueFrom: { path: join(place, 'out') } }] },
  };
  const { status, stdout, kept } = await runJob(t, ['sh'], { root, cwd: place, env: given(template) });
  assert.deepEqual([status, stdout.toString()], [0, 'done\n']);
  assert.equal(kept.result().outputs.result, 'done');
  assert.equal(readFileSync(join(root, 'outputs/parameters', place, 'out'), 'utf8'), 'text');
  assert.equal(statSync(root).mode & 0o7777, 0o1777);
  // What one container has, others need not trust.
  assert.equal(existsSync(join(root, 'template')), false);
});

test('run reads its template from --template, but not from standard input', async (t) => {
  const file = join(temporaryVolume(t), 'template.json');
  writeFileSync(file, JSON.stringify({ multiflexi: { captureResult: true } }));
  const { kept } = await runJob(t, ['echo', 'x'], { options: ['--template', file] });
  assert.equal(kept.result().outputs.result, 'x');
  const { status, stderr } = await runJob(t, ['echo', 'x'], { options: ['--template', '-'] });
  assert.equal(status, 64);
  assert.match(stderr, /^emissary: --template must name a file here/);
});

test('the template that init has put on the volume has precedence in run', async (t) => {
  const root = temporaryVolume(t);
  const source = (text: string) => ({ script: { source: `echo ${text}\n` } });
  assert.equal((await emissary(['init'], { root, env: given(source('init')) })).status, 0);
  const { stdout } = await runJob(t, ['sh'], { root, env: given(source('run')) });
  assert.equal(stdout.toString(), 'init\n');
});

test('run prefers its own template to one that another user has put on the volume', needsRoot, async (t) => {
  const root = temporaryVolume(t);
  writeFileSync(join(root, 'template'), JSON.stringify({ script: { source: 'echo forged\n' } }));
  chownSync(join(root, 'template'), 4242, 4242);
  const env = given({ script: { source: 'echo own\n' } });
  const { stdout, stderr } = await runJob(t, ['sh'], { root, env, uid: 1000, gid: 1000 });
  assert.deepEqual([stdout.toString(), stderr], ['own\n', '']);
});

test('an input that cannot be staged exits 65 and is sealed', async (t) => {
  const env = given({ inputs: { artifacts: [{ name: 'in', path: '/in', file: '/nowhere' }] } });
  const { status, kept } = await runJob(t, ['echo', 'started'], { env });
  assert.deepEqual([status, kept.text('exitcode'), kept.text('stdout')], [65, '65', '']);
});

async function slowServer(t: TestContext): Promise<{ readonly url: string; asked(): number }> {
  let asked = 0;
  const server = createServer((_, answer) => {
    asked += 1;
    answer.writeHead(200, { 'content-length': '1000' }).write('x');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(t, () => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked: () => asked };
}

for (const how of ['TERM', 'a request'] as const) {
  test(`${how} stops run while it stages inputs`, async (t) => {
    const server = await slowServer(t);
    const env = given({ inputs: { artifacts: [{ name: 'in', path: '/in', http: { url: server.url } }] } });
    const job = startJob(t, ['echo', 'started'], { env });
    await until('the download has begun', () => server.asked() > 0);
    if (how === 'TERM') job.kill('SIGTERM');
    else assert.equal((await emissary(['signal', 'main', 'TERM'], { root: job.kept.root })).status, 0);
    const { status } = await job.finished;
    assert.deepEqual([status, job.kept.text('stdout')], [143, '']);
    assert.equal(job.kept.result().verdict, 'terminated');
  });
}

const set = {
  script: { source: 'echo main; exit 3\n' },
  containerSet: { containers: [{ name: 'main' }, { name: 'after', dependencies: ['main'] }] },
};

test('wait takes the containers from its own template, whatever is on the volume', async (t) => {
  const root = temporaryVolume(t);
  writeFileSync(
    join(root, 'template'),
    JSON.stringify({ containerSet: { containers: [{ name: 'forged' }] } }),
  );
  const env = { ...given(set), EMISSARY_SPOOL_DIR: temporaryVolume(t) };
  const reporter = startEmissary(t, ['wait'], { root, env });
  const forged = join(root, 'template');
  writeFileSync(forged, JSON.stringify({ script: { source: 'echo volume; exit 4\n' } }));
  for (const name of ['main', 'after']) await runJob(t, ['sh'], { root, name, env: given(set) });
  const { status, stdout, stderr } = await reporter.finished;
  assert.equal(status, 0, stderr);
  const names = JSON.parse(stdout.toString()).containers.map((each: { name: string }) => each.name);
  assert.deepEqual(names, ['main', 'after']);
});

test('containers of different users start at once on a new volume', needsRoot, async (t) => {
  const strict = ['sh', '-c', 'umask 077; exec "$@"', 'sh'];
  for (let round = 0; round < 10; round += 1) {
    const root = temporaryVolume(t);
    const spool = temporaryVolume(t);
    const [reporter, ...jobs] = [
      startEmissary(t, ['wait'], {
        root,
        env: { ...given(set), EMISSARY_SPOOL_DIR: spool },
        uid: 65532,
        under: strict,
      }),
      ...['main', 'after'].map((name, index) =>
        startJob(t, ['sh'], { root, name, env: given(set), uid: 1000 + index, under: strict }),
      ),
    ];
    const [main, after] = await Promise.all(jobs.map((job) => job.finished));
    const { status, stdout, stderr } = (await reporter?.finished) ?? assert.fail();
    assert.deepEqual([main?.status, main?.stdout.toString(), main?.stderr], [3, 'main\n', '']);
    assert.deepEqual([after?.status, keptBy(root, 'after').result().verdict], [3, 'skipped']);
    const { exitCode, containers } = JSON.parse(stdout.toString());
    assert.deepEqual([status, exitCode, containers.length], [0, 3, 2], stderr);
  }
});
