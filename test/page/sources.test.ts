import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { launcherOf } from '../helpers/launcher.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';
import { logIsWhole, openPage, type ShownPage, showPage } from './browser.ts';

/** The names of what is on the chart of phases. */
function phasesOf({ page }: ShownPage): Promise<readonly string[]> {
  return page.$$eval('.phase-name', (names) => names.map(({ textContent }) => textContent ?? ''));
}

test('page of a directory of results shows what was on the volume', async (t) => {
  const job = reportedJob(t, 42);
  const cwd = temporaryVolume(t);
  const results = temporaryVolume(t);
  const artifacts = [{ name: 'table', path: join(cwd, 'table.csv'), archive: { none: {} } }];
  const script = 'echo a,b > table.csv; echo out; echo err >&2; exit 4';
  await runJob(t, ['sh', '-c', script], { root: job.root, cwd, template: { outputs: { artifacts } } });
  const env = { MULTIFLEXI_JOB_ID: '42', EMISSARY_RESULTS_DIR: results };
  assert.equal((await emissary(['wait'], { root: job.root, env })).status, 0);
  const shown = await showPage(t, join(results, '42'));
  if (shown === null) return;
  await logIsWhole(shown, '2 lines');
  assert.equal(await shown.page.title(), 'Job 42');
  assert.equal(await shown.verdict(), 'Failed with exit code 4');
  assert.deepEqual(await phasesOf(shown), ['main: starting', 'main: running', 'main: saving', 'reporting']);
  assert.deepEqual((await shown.lines()).toSorted(), ['err', 'out']);
  assert.ok(await shown.page.$('aria/Outputs[role="region"]'));
});

test('page JOB shows a launched job while it runs, and one that was kept, from its queue to its report', async (t) => {
  const launcher = await launcherOf(t, 'native');
  if (launcher === null) return;
  const { env } = launcher;
  const gate = launcher.gate();
  const script = `echo ready; until ${gate.isOpen}; do sleep 0.05; done; exit 5`;
  const job = launcher.startScript(script, {
    options: [...gate.options, '--job-id', '42', '--keep', 'failed'],
  });
  await until('it runs', () => job.stdout().includes('ready\n'));
  const running = await showPage(t, { args: ['42'], env });
  assert.equal((await running?.verdict()) ?? 'Running', 'Running');
  await gate.open();
  assert.equal((await job.finished).status, 5);
  for (const name of ['42', 'job-42']) {
    const shown = await showPage(t, { args: [name], env });
    if (shown === null) return;
    await logIsWhole(shown, '1 lines');
    assert.equal(await shown.verdict(), 'Failed with exit code 5');
    assert.deepEqual(await phasesOf(shown), [
      'queued',
      'main: starting',
      'main: running',
      'main: saving',
      'reporting',
    ]);
  }
});

test('page JOB --serve keeps what it has shown when the launcher removes the job', async (t) => {
  const launcher = await launcherOf(t, 'native');
  if (launcher === null) return;
  const gate = launcher.gate();
  const script = `echo ready; until ${gate.isOpen}; do sleep 0.05; done; exit 6`;
  const job = launcher.startScript(script, { options: [...gate.options, '--job-id', '43'] });
  await until('it runs', () => job.stdout().includes('ready\n'));
  const server = startEmissary(t, ['page', '43', '--serve', '0'], { env: launcher.env });
  await until('it serves', () => server.stdout().includes('\n'));
  const shown = await openPage(t, server.stdout().toString().trim());
  if (shown === null) return;
  await until('the line is there', async () => (await shown.lines()).join() === 'ready');
  await gate.open();
  assert.equal((await job.finished).status, 6);
  assert.deepEqual(launcher.left(), []);
  await until('the end is there', async () => (await shown.verdict()) === 'Failed with exit code 6');
  assert.deepEqual(await shown.lines(), ['ready']);
  const gone = await launcher.verb(['page', '43', '--output', join(temporaryVolume(t), 'run.html')]);
  assert.equal(gone.status, 64);
  assert.match(gone.stderr, /^emissary: Nothing is left here of the job 43: it has ended; [^\n]+\n$/);
});

test('page shows the pull of an image on its timeline', async (t) => {
  const launcher = await launcherOf(t, 'native');
  if (launcher === null) return;
  const done = await launcher.script('true', { options: ['--job-id', '44', '--keep', 'always'] });
  assert.equal(done.status, 0);
  const { readFileSync, writeFileSync } = await import('node:fs');
  const file = join(launcher.state, 'jobs/job-44/launch.json');
  const record = JSON.parse(readFileSync(file, 'utf8')) as { createdAt: string };
  const at = (ms: number) => new Date(Date.parse(record.createdAt) + ms).toISOString();
  const steps = [
    { text: 'waiting for a node: none fits', at: at(-8_000) },
    { text: 'pulling a/<b>', at: at(-5_000) },
    { text: 'creating the container', at: at(-1_000) },
  ];
  writeFileSync(file, JSON.stringify({ ...record, createdAt: at(-9_000), steps }));
  const shown = await showPage(t, { args: ['44'], env: launcher.env });
  if (shown === null) return;
  await until('it is shown', async () => (await phasesOf(shown)).length > 0);
  assert.deepEqual((await phasesOf(shown)).slice(0, 4), ['queued', 'pulling', 'preparing', 'main: starting']);
});

test('page says what it cannot find, and takes one source', async (t) => {
  const launcher = await launcherOf(t, 'native');
  if (launcher === null) return;
  const database = { MULTIFLEXI_DATABASE_URL: reportedJob(t).database.url };
  for (const [args, env, text] of [
    [['99'], {}, 'The job 99 is not known in '],
    [['x'], {}, 'page: the operand is neither a job ID nor a name like run-1a2b3c4d'],
    [['1', '2'], {}, 'page takes one job; see '],
    [['1', '--job', '2'], {}, 'Only one of JOB, --job and --root is possible'],
    [['--root', '/tmp', '--job', '2'], {}, 'Only one of JOB, --job and --root is possible'],
    [['--job', '2'], {}, '--job needs MULTIFLEXI_DATABASE_URL'],
    [['--job', '0'], database, '--job is not the ID of a job in MultiFlexi'],
    [
      ['--job', '7', '--serve', '0'],
      database,
      '--serve shows a volume: a job of the database can only be written',
    ],
    [['--job', '999'], database, 'There is no job 999 in the database /'],
    [
      ['--job', '7'],
      { MULTIFLEXI_DATABASE_URL: 'sqlite:///nowhere/x.sqlite' },
      'Cannot read the database /nowhere/x',
    ],
  ] as const) {
    const { status, stdout, stderr } = await launcher.verb(['page', ...args], env);
    assert.deepEqual([status, stdout.toString()], [64, ''], args.join(' '));
    assert.ok(stderr.startsWith(`emissary: ${text}`), stderr);
    assert.equal(stderr.split('\n').length, 2);
  }
});
