import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { type Mariadb, startMariadb } from '../helpers/mariadb.ts';
import { packetProxy } from '../helpers/packet-proxy.ts';
import { temporaryVolume } from '../helpers/volume.ts';

let server: Mariadb;

before(async () => {
  server = await startMariadb();
});
after(() => server.stop());

const names = ['main', 'second', 'third'];

/** An ended job of three containers, with two outputs and more lines than fit one transaction. */
async function endedJob(t: TestContext, jobId: number) {
  await server.addJob(jobId);
  const root = temporaryVolume(t);
  const kept = join(root, 'kept.txt');
  const artifact = (name: string) => ({ name, path: kept, archive: { none: {} } });
  const template = {
    outputs: {
      parameters: [{ name: 'p', valueFrom: { path: kept } }],
      artifacts: [artifact('a')],
    },
    containerSet: { containers: names.map((name) => ({ name })) },
  };
  writeFileSync(kept, 'kept\n');
  writeFileSync(join(root, 'template'), JSON.stringify(template));
  for (const name of names) {
    const script = `i=0; while [ $i -lt 700 ]; do i=$((i+1)); echo "${name} $i"; echo "${name} $i" >&2; done`;
    await runJob(t, ['sh', '-c', `${script}; [ ${name} != second ] || exit 3`], { root, name });
  }
  const proxy = await packetProxy(t, server.port);
  const url = server.url.replace(`:${server.port}/`, `:${proxy.port}/`);
  return {
    root,
    proxy,
    env: {
      MULTIFLEXI_JOB_ID: String(jobId),
      MULTIFLEXI_DATABASE_URL: url,
      EMISSARY_RESULTS_DIR: temporaryVolume(t),
    },
  };
}

async function check(root: string, jobId: number, when: string): Promise<void> {
  const [row] = await server.query<{ exitcode: number; begin: string; end: string }>(
    'select exitcode, begin, end from job where id = ?',
    [jobId],
  );
  assert.equal(row?.exitcode, 3, when);
  assert.ok(row.begin !== null && row.end !== null, when);
  const lines = await server.query<{ seq: number; type: string; line: string }>(
    'select seq, type, line from job_output_lines where job_id = ? order by id',
    [jobId],
  );
  assert.ok(
    lines.every(({ seq }, index) => seq === index + 1),
    when,
  );
  for (const name of names) {
    for (const type of ['stdout', 'stderr']) {
      const stored = lines.filter((line) => line.type === type && line.line.startsWith(name));
      const text = readFileSync(join(root, 'ctr', name, type), 'utf8');
      assert.equal(stored.map(({ line }) => line).join(''), text, `${when}: ${name}, ${type}`);
    }
  }
  const artifacts = await server.query('select id from artifacts where job_id = ?', [jobId]);
  assert.equal(artifacts.length, 2, when);
}

test('reporters killed at the first exchange with MariaDB, the second, and so on deliver everything once', async (t) => {
  for (const [jobId, passes] of [
    [1, true],
    [2, false],
  ] as const) {
    const { root, proxy, env } = await endedJob(t, jobId);
    for (let nth = 1; ; nth += 1) {
      const reporter = startEmissary(t, ['wait'], { root, env });
      proxy.at(nth, () => {
        reporter.kill('SIGKILL');
        return passes;
      });
      const { status, stderr } = await reporter.finished;
      assert.equal(stderr, '', `killed at piece ${nth}`);
      if (status === null) continue;
      assert.equal(status, 0);
      assert.ok(nth > 20, 'it was killed often');
      break;
    }
    await check(root, jobId, passes ? 'the piece arrives' : 'the piece is lost');
  }
});

test('a connection to MariaDB that is cut at any exchange: everything is delivered once, and the reason is logged', async (t) => {
  const { root, proxy, env } = await endedJob(t, 3);
  const { status } = await emissary(['wait'], { root, env });
  assert.equal(status, 0);
  const total = proxy.count();
  for (let nth = 1; nth <= total; nth += 5) {
    const jobId = 100 + nth;
    const cut = await endedJob(t, jobId);
    cut.proxy.at(nth, () => {
      void server
        .query("select id from information_schema.processlist where user = 'reporter'")
        .then((rows) =>
          // A connection that was already closed is no failure.
          rows.forEach(({ id }) => void server.query(`kill ${Number(id)}`).catch(() => undefined)),
        )
        // A round without a cut is checked as well.
        .catch(() => undefined);
      return false;
    });
    const { status: ended, stderr } = await emissary(['wait'], { root: cut.root, env: cut.env });
    assert.equal(ended, 0, stderr);
    assert.doesNotMatch(stderr, /closed state/);
    await check(cut.root, jobId, `cut at piece ${nth} of ${total}`);
  }
});
