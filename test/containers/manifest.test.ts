import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { type ExampleMachine, exampleMachine } from '../helpers/example.ts';
import { oddValues } from '../helpers/odd-values.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const application = {
  name: 'Mail count',
  executable: 'sh',
  cmdparams: `-c 'echo "\${MAILBOX} is open with \${#IMAP_PASS} letters: $IMAP_PASS"; echo done > /tmp/count.txt' x`,
  ociimage: 'busybox:1.36',
  environment: {
    MAILBOX: { type: 'string', defval: 'in box' },
    IMAP_PASS: { type: 'password', required: true },
  },
  artifacts: [{ name: 'count', path: '/tmp/count.txt', type: 'file' }],
};

test('podman: the printed pod runs unchanged; its secrets reach the job, but not the output', async (t) => {
  const machine = await exampleMachine(t, 'podman');
  if (machine === null) return;
  const cwd = temporaryVolume(t);
  const command = application.cmdparams.replace('${#IMAP_PASS}', '$(printf %s "$IMAP_PASS" | wc -c)');
  writeFileSync(join(cwd, 'job.env'), 'IMAP_PASS=correct horse\n');
  const options = ['--variables', 'job.env', '--user', '1000', '--timeout', '60'];
  const { exitcode, lines, artifacts } = await play(
    machine,
    cwd,
    { ...application, cmdparams: command },
    options,
  );
  assert.deepEqual([exitcode, lines], [0, ['stdout in box is open with 13 letters: ***']]);
  assert.deepEqual(artifacts, ['count.txt.tgz']);
});

test('podman: values of every kind reach the job of the printed pod unchanged', async (t) => {
  const machine = await exampleMachine(t, 'podman');
  if (machine === null) return;
  const script = `i=0; while [ $i -lt ${oddValues.length} ]; do eval "v=\\$V$i"; printf %s "$v" | busybox sha256sum; i=$((i + 1)); done`;
  const environment = Object.fromEntries(
    oddValues.map((defval, index) => [`V${index}`, { type: 'string', defval }]),
  );
  const definition = { ...application, environment, artifacts: [], cmdparams: `-c '${script}'` };
  const { exitcode, lines } = await play(machine, temporaryVolume(t), definition, ['--user', '1000']);
  assert.equal(exitcode, 0);
  const sums = oddValues.map((value) => `stdout ${createHash('sha256').update(value).digest('hex')}  -`);
  for (const [index, value] of oddValues.entries())
    assert.equal(lines[index], sums[index], JSON.stringify(value.slice(0, 80)));
});

for (const [options, user] of [
  [[], '65532'],
  [['--allow-root'], '0'],
] as const) {
  test(`podman: an image that runs as root is run as ${user} with ${JSON.stringify(options)}`, async (t) => {
    const machine = await exampleMachine(t, 'podman');
    if (machine === null) return;
    // What only root may do, and what any user must be able to do: the job's directory exists and is writable.
    const script =
      'id -u; mkdir /etc/new 2>/dev/null && chown 5 /etc/new && echo root; echo x > $MULTIFLEXI_TMP/a.txt; grep CapEff /proc/self/status';
    const environment = { MULTIFLEXI_TMP: { type: 'string', defval: '/tmp/made/here' } };
    const artifacts = [{ name: 'a', path: 'a.txt' }];
    const definition = { ...application, environment, artifacts, cmdparams: `-c '${script}'` };
    const stored = await play(machine, temporaryVolume(t), definition, options);
    const isRoot = user === '0';
    assert.deepEqual(stored.lines, [
      `stdout ${user}`,
      ...(isRoot ? ['stdout root'] : []),
      `stdout CapEff:\t00000000000000${isRoot ? 'cb' : '00'}`,
    ]);
    assert.deepEqual([stored.exitcode, stored.artifacts], [0, ['a.txt']]);
  });
}

/** Plays the pod that manifest prints for an application. @returns the database's content, once the job is reported */
async function play(machine: ExampleMachine, cwd: string, definition: object, options: readonly string[]) {
  writeFileSync(join(cwd, 'app.json'), JSON.stringify(definition));
  writeFileSync(join(cwd, 'report.env'), 'MULTIFLEXI_DATABASE_URL=sqlite:///multiflexi/multiflexi.sqlite\n');
  const report = ['--report-variables', 'report.env', '--claim', 'multiflexi:/multiflexi'];
  const printed = await emissary(['manifest', '--job-id', '1', ...options, ...report, 'app.json'], { cwd });
  assert.deepEqual([printed.status, printed.stderr], [0, '']);
  const pod = join(cwd, 'pod.yaml');
  writeFileSync(pod, printed.stdout);
  const played = await machine.engine.run(['play', 'kube', '--network', 'none', pod]);
  assert.equal(played.exitCode, 0, played.stderr);
  await until('the job is reported', () => machine.stored().end !== null);
  return machine.stored();
}
