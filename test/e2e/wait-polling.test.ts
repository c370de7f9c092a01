import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execa } from 'execa';
import { startEmissary } from '../helpers/emissary.ts';
import { startReadyJob } from '../helpers/job.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { lacks } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';

/** Runs a command as a user without any inotify instance, or watch, left (user_namespaces(7)). */
const without = (what: string) => [
  'unshare',
  '--user',
  '--map-root-user',
  'sh',
  '-c',
  `echo 0 >/proc/sys/user/max_inotify_${what} || exit 99; exec "$@"`,
  'sh',
];

for (const [what, errno] of [
  ['instances', 'EMFILE'],
  ['watches', 'ENOSPC'],
] as const) {
  test(`wait without file events (no inotify ${what}: ${errno}) reports begin, lines and end as they happen`, async (t) => {
    const [file = '', ...rest] = without(what);
    if ((await execa(file, [...rest, 'true'], { reject: false })).exitCode !== 0)
      return lacks(t, 'a user namespace cannot be made');
    const job = reportedJob(t);
    const reporter = startEmissary(t, ['wait'], { ...job, under: without(what) });
    const script = 'echo ready; read go; echo more; read go; exit 5';
    const running = await startReadyJob(t, ['sh', '-c', script], { root: job.root, stdin: 'pipe' });
    await until('begin is stored', () => job.row().begin !== null);
    await until('the first line is stored', () => job.lines().length === 1);
    running.process.stdin?.write('go\n');
    await until('the second line is stored', () => job.lines().length === 2);
    assert.equal(job.row().exitcode, null);
    running.process.stdin?.end('go\n');
    const { status, stderr } = await reporter.finished;
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(job.row().exitcode, 5);
    assert.deepEqual(
      job.lines().map(({ line }) => line),
      ['ready\n', 'more\n'],
    );
  });
}
