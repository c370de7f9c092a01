import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { launcherOf } from '../helpers/launcher.ts';
import { isOfCluster, launcherNames } from '../helpers/launcher-parts.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

for (const name of launcherNames) {
  test(`${name}: the job’s bytes on each stream, its exit code, nothing of ours, nothing left`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const { status, stdout, stderr } = await launcher.script(
      "printf 'out\\377\\000\\n'; printf 'err' >&2; exit 37",
    );
    assert.deepEqual([status, stdout, stderr], [37, Buffer.from('out\xff\0\n', 'latin1'), 'err']);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

  test(`${name}: a job that prints one line and exits at once, many times`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    // A pod takes some seconds; kubernetes/launch-faults does it more often.
    const runs = name.startsWith('kubernetes') ? 4 : 10;
    for (const run of Array(runs).keys()) {
      const ended = await launcher.script(`echo line ${run}; exit ${run}`);
      assert.deepEqual([ended.status, ended.stdout.toString()], [run, `line ${run}\n`]);
    }
  });

  test(`${name}: 100 MB in pieces of every size arrive exactly`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const script =
      'head -c 100000000 /dev/zero | tr "\\0" x; i=0; while [ $i -lt 200 ]; do printf é; i=$((i+1)); done';
    const { status, stdout } = await launcher.script(script);
    const expected = Buffer.concat([Buffer.alloc(100_000_000, 'x'), Buffer.from('é'.repeat(200))]);
    assert.deepEqual([status, stdout.length, hash(stdout)], [0, expected.length, hash(expected)]);
  });

  test(`${name}: TERM stops the job with its stop signal, and its results are reported`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const job = reportedJob(t);
    const script = "trap 'echo stopped; exit 7' TERM; echo ready; while :; do sleep 0.05; done";
    const running = launcher.startScript(script, { env: job.env });
    await until('the job is ready', () => running.stdout().toString().includes('ready'));
    running.kill('SIGTERM');
    const { status, stdout } = await running.finished;
    assert.deepEqual([status, stdout.toString()], [7, 'ready\nstopped\n']);
    assert.equal(job.row().exitcode, 7);
    assert.deepEqual(launcher.left(), []);
  });

  test(`${name}: a second TERM kills a job that ignores the first`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const running = launcher.startScript("trap '' TERM; echo ready; while :; do sleep 0.05; done");
    await until('the job is ready', () => running.stdout().toString().includes('ready'));
    running.kill('SIGTERM');
    await until('it was asked to stop', () => running.stderr().includes('Stopping the job'));
    const pressed = performance.now();
    // Two that are close count as one.
    await until('they are apart', () => performance.now() - pressed > 2_100);
    running.kill('SIGTERM');
    assert.equal((await running.finished).status, 137);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

  test(`${name}: the timeout stops the job, its children too`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const options = ['--timeout', '0.5', '--grace', '0.5'];
    const { status, stderr } = await launcher.script("trap '' TERM; sleep 1000 & sleep 1000; sleep 1000", {
      options,
    });
    assert.equal(status, 137);
    assert.match(stderr, /emissary: .*time/i);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

  test(`${name}: a killed launcher’s job goes on, and the next launch of it follows it`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const job = reportedJob(t);
    const { options, isOpen, open } = launcher.gate();
    const script = `echo $$ started; until ${isOpen}; do sleep 0.05; done; echo ended; exit 9`;
    const first = launcher.startScript(script, { env: job.env, options });
    await until('the job runs', () => first.stdout().toString().includes('started'));
    first.kill('SIGKILL');
    await first.finished;
    const listed = async () => JSON.parse((await launcher.verb(['list', '--json'])).stdout.toString()).jobs;
    // The kernel may take a moment to give up what a killed process held.
    await until('its launcher is gone', async () => (await listed())[0].launcher === null);
    const jobs = await listed();
    // Nobody mirrors a volume elsewhere meanwhile.
    assert.deepEqual([jobs.length, jobs[0].state], [1, isElsewhere(name) ? 'unseen' : 'running']);
    const second = launcher.startScript('echo another; exit 1', { env: job.env, options });
    await until('it is followed', () => second.stdout().toString().includes('started'));
    await open();
    const { status, stdout, stderr } = await second.finished;
    assert.equal(status, 9, stderr);
    assert.match(stdout.toString(), /^\d+ started\nended\n$/);
    assert.deepEqual([job.row().exitcode, job.lines().length], [9, 2]);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

  test(`${name}: a job without an ID that lost its launcher is finished by list --clean`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const { options, isOpen, open } = launcher.gate();
    const first = launcher.startScript(`echo ready; until ${isOpen}; do sleep 0.05; done; exit 9`, {
      options,
    });
    await until('the job runs', () => first.stdout().toString().includes('ready'));
    first.kill('SIGKILL');
    await first.finished;
    const { stdout } = await launcher.verb(['list', '--clean']);
    assert.match(stdout.toString(), /^run-[0-9a-f]{8} +\w+ +(running|saving|sealed|unseen) /m);
    await open();
    await until('it has ended, and was finished', async () => {
      await launcher.verb(['list', '--clean']);
      return launcher.left().length === 0;
    });
    assert.equal((await launcher.script('exit 2')).status, 2);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });

  test(`${name}: with --on-term detach, TERM ends the launcher alone`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const job = reportedJob(t);
    const more = { env: job.env, options: ['--on-term', 'detach'] };
    const running = launcher.startScript('echo ready; sleep 2; echo done; exit 6', more);
    await until('the job runs', () => running.stdout().toString().includes('ready'));
    running.kill('SIGTERM');
    const left = await running.finished;
    assert.equal(left.status, 143);
    assert.match(
      left.stderr,
      /^emissary: The job goes on; to follow it: multiflexi-emissary attach job-\d+\n$/,
    );
    const again = await launcher.script('true', more);
    assert.deepEqual([again.status, again.stdout.toString()], [6, 'ready\ndone\n'], again.stderr);
    assert.deepEqual([job.row().exitcode, launcher.left(), await launcher.containers()], [6, [], []]);
  });

  test(`${name}: a secret is in no argument, environment or inspection`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const secret = `s3cret-${process.pid}-${Date.now()}`;
    const directory = temporaryVolume(t);
    const file = join(directory, 'variables.json');
    writeFileSync(file, JSON.stringify({ MY_PASSWORD: secret, PLAIN: 'plain' }), { mode: 0o600 });
    const script = 'echo "ready $PLAIN ${#MY_PASSWORD} $MY_PASSWORD"; sleep 1000';
    const running = launcher.startScript(script, { options: ['--variables', file] });
    await until('the job runs', () => running.stdout().toString().includes('ready'));
    assert.equal(running.stdout().toString(), `ready plain ${secret.length} ***\n`);
    for (const pid of readdirSync('/proc').filter((each) => /^\d+$/.test(each)))
      assert.doesNotMatch(readOrEmpty(`/proc/${pid}/cmdline`), new RegExp(secret), pid);
    for (const container of await launcher.containers()) {
      const { stdout } = (await launcher.engine?.run(['inspect', container])) ?? { stdout: '' };
      assert.doesNotMatch(stdout, new RegExp(secret));
      const logs = (await launcher.engine?.run(['logs', container])) ?? { stdout: '', stderr: '' };
      assert.doesNotMatch(logs.stdout + logs.stderr, new RegExp(secret));
    }
    running.kill('SIGTERM');
    await running.finished;
  });

  test(`${name}: two launches of one job at a time: the second is refused`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const options = ['--job-id', '77', '--report', 'none'];
    const running = launcher.startScript('echo ready; sleep 1000', { options });
    await until('the job runs', () => running.stdout().toString().includes('ready'));
    const second = await launcher.script('echo second', { options });
    assert.deepEqual([second.status, second.stdout.toString()], [64, '']);
    assert.match(
      second.stderr,
      /^emissary: job-77 is being launched already by process \d+; to follow it: .*attach job-77\n$/,
    );
    const attached = launcher.verb(['attach', '77']);
    const cancelled = await launcher.verb(['cancel', '77']);
    assert.deepEqual([cancelled.status, (await running.finished).status], [0, 143], cancelled.stderr);
    const { status, stdout } = await attached;
    assert.deepEqual([status, stdout.toString()], [143, 'ready\n']);
  });

  test(`${name}: --detach returns when the job has started; attach shows it from the first byte`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const { status, stdout, stderr } = await launcher.script('echo first; sleep 2; echo last; exit 5', {
      options: ['--detach'],
    });
    assert.equal(status, 0, stderr);
    const attached = await launcher.verb(['attach', stdout.toString().trim()]);
    assert.deepEqual(
      [attached.status, attached.stdout.toString(), attached.stderr],
      [5, 'first\nlast\n', ''],
    );
    await until('nothing is left', () => launcher.left().length === 0);
    const again = await launcher.verb(['attach', stdout.toString().trim()]);
    assert.equal(again.status, 5);
  });

  test(`${name}: --results, --copy-report and --collect bring the job’s files`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const directory = temporaryVolume(t);
    const work = name === 'native' ? temporaryVolume(t) : '/tmp/work';
    const application = join(directory, 'x.multiflexi.app.json');
    writeFileSync(application, JSON.stringify(definition(launcher.options)));
    const variables = join(directory, 'variables');
    writeFileSync(variables, `MULTIFLEXI_TMP=${work}\nRESULT_FILE=report.json\n`);
    const [, engine = ''] = launcher.options;
    const args = ['launch', '--engine', engine, ...launcher.options.slice(2).filter((each) => each !== '--')];
    const { status, stderr } = await launcher.verb([
      ...args,
      ...['--job-id', '5', '--results', join(directory, 'results'), '--variables', variables],
      ...[
        '--copy-report',
        join(directory, 'copied.json'),
        '--collect',
        join(directory, 'collected'),
        application,
      ],
    ]);
    assert.equal(status, 0, stderr);
    assert.equal(readFileSync(join(directory, 'copied.json'), 'utf8'), '{"ok":1}\n');
    assert.deepEqual(readdirSync(join(directory, 'collected')).sort(), ['a.csv', 'report.json']);
    assert.ok(existsSync(join(directory, 'results/5/report.json')));
  });

  test(`${name}: what cannot be run is one sentence, 64, and nothing left`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const missing = await launcher.verb(['cancel', '4711']);
    assert.deepEqual([missing.status, missing.stderr.split('\n').length], [64, 2]);
    assert.match(missing.stderr, /The job 4711 is not known/);
    if (name === 'native') return;
    const image = await launcher.verb([
      'launch',
      ...launcher.options.slice(0, 2),
      '--image',
      'localhost/nowhere:1',
      '--pull',
      'never',
      '--',
      'true',
    ]);
    assert.equal(image.status, 64);
    assert.match(image.stderr, /^emissary: The image localhost\/nowhere:1 is not there[^\n]*\n$/);
    const source = await launcher.script('true', { options: ['--mount', '/nowhere/at/all:/x'] });
    assert.equal(source.status, 64, source.stderr);
    assert.match(source.stderr, /^emissary: [^\n]*\/nowhere\/at\/all[^\n]*\n$/);
    assert.ok(!existsSync('/nowhere'));
    const network = await launcher.script('true', { options: ['--network', 'no-such-network'] });
    assert.equal(network.status, 64, network.stderr);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });
}

function isElsewhere(name: string): boolean {
  return name === 'docker elsewhere' || name === 'azure' || isOfCluster(name);
}

function definition(options: readonly string[]) {
  const at = options.indexOf('--image');
  return {
    name: 'Files',
    executable: 'sh',
    cmdparams: `-c "cd {MULTIFLEXI_TMP}; echo '{\\"ok\\":1}' > report.json; echo 1 > a.csv; echo 2 > b.txt"`,
    ...(at !== -1 && { ociimage: options[at + 1] }),
    environment: { RESULT_FILE: { type: 'string' } },
    artifacts: [{ name: 'table', path: '.*\\.csv' }],
  };
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
