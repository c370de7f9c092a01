import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { podTemplate } from '../helpers/cluster-launcher.ts';
import { emissary } from '../helpers/emissary.ts';
import { startLackingApi } from '../helpers/lacking-api.ts';
import { jobImage } from '../helpers/launcher-parts.ts';
import { operatorLauncher, waiting } from '../helpers/operator-launcher.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { type Rule, serviceAccount } from '../helpers/service-account.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('launch --via operator: output, exit code and row are the job’s, and nothing is left', async (t) => {
  const launcher = await operatorLauncher(t);
  if (launcher === null) return;
  await launcher.place.start();
  const job = reportedJob(t);
  const { rules } = parse(readFileSync('images/operator/launcher-role.yaml', 'utf8')) as {
    readonly rules: readonly Rule[];
  };
  const { namespace, cluster } = launcher.place;
  const KUBECONFIG = await serviceAccount(t, cluster, { namespace, name: 'launcher', rules });
  const script = 'echo out; echo err >&2; env; exit 3';
  const { status, stdout, stderr } = await launcher.script(script, { env: { ...job.env, KUBECONFIG } });
  assert.deepEqual([status, stderr], [3, 'err\n']);
  assert.match(stdout.toString(), /^out\n/);
  assert.doesNotMatch(stdout.toString(), /MULTIFLEXI_DATABASE/);
  assert.equal(job.row().exitcode, 3);
  assert.ok(job.lines().some(({ type, line }) => type === 'stderr' && line === 'err\n'));
  assert.deepEqual(launcher.left(), []);
  await until('nothing is left', async () => (await launcher.remains()).length === 0);
});

test('launch --via operator: an application has its variables, files and report, and its secrets are masked', async (t) => {
  const launcher = await operatorLauncher(t);
  if (launcher === null) return;
  await launcher.place.start();
  const directory = temporaryVolume(t);
  const results = join(directory, 'results');
  mkdirSync(results);
  const upload = join(directory, 'upload.txt');
  writeFileSync(upload, 'uploaded');
  const file = join(directory, 'app.multiflexi.app.json');
  const script = `cat "$INPUT"; echo " $CODE $PLAIN '$1'"; echo '{}' > $RESULT_FILE; echo 1,2 > $MULTIFLEXI_TMP/a.csv`;
  const definition = {
    name: 'An application',
    executable: 'sh',
    cmdparams: `-c '${script.replaceAll("'", '')}' sh {CODE}`,
    ociimage: jobImage,
    environment: {
      INPUT: { type: 'file-path' },
      CODE: { type: 'password', required: true },
      RESULT_FILE: { type: 'string', defval: 'report.json' },
    },
    artifacts: [{ name: 'Table', path: '.*\\.csv' }],
  };
  writeFileSync(file, JSON.stringify(definition));
  writeFileSync(join(directory, 'job.env'), `INPUT=${upload}\nCODE=hidden$(HOME)\nPLAIN=shown\n`);
  const report = join(directory, 'report');
  const args = [
    ...['launch', '--engine', 'kubernetes', '--variables', join(directory, 'job.env'), '--keep', 'always'],
    ...['--collect', join(directory, 'collected'), '--copy-report', report, '--results', results],
    ...['--job-id', '5', '--memory', '64m', file],
  ];
  const { status, stdout, stderr } = await emissary(args, { env: launcher.env });
  assert.deepEqual([status, stdout.toString()], [0, 'uploaded *** shown ***\n'], stderr);
  assert.equal(readFileSync(report, 'utf8'), '{}\n');
  assert.deepEqual(readdirSync(join(directory, 'collected')), ['a.csv', 'report.json']);
  assert.ok(readdirSync(join(results, '5')).length > 0);
  assert.match(stderr, /kubectl --namespace \S+ describe emissaryjob/);
  const [kept] = await launcher.jobs();
  assert.doesNotMatch(JSON.stringify(kept), /hidden|uploaded/);
  const text = await launcher.place.kubectl('get', 'pods', '--output=json');
  assert.doesNotMatch(text, /hidden|uploaded/);
  assert.match(text, /"memory": "67108864"/);
  const cleaned = await launcher.verb(['list', '--clean', '--kept']);
  assert.equal(cleaned.status, 0, cleaned.stderr);
  await until('nothing is left', async () => (await launcher.remains()).length === 0);
});

test('launch --via operator: TERM stops the job within its grace, and before its start nothing of it is left', async (t) => {
  const launcher = await operatorLauncher(t);
  if (launcher === null) return;
  const job = reportedJob(t);
  const early = launcher.startScript('echo never');
  await until('its resource is there', async () => (await launcher.jobs()).length === 1);
  early.kill('SIGTERM');
  assert.equal((await early.finished).status, 143);
  assert.deepEqual([launcher.left(), await launcher.jobs()], [[], []]);
  await launcher.place.start();
  const script = `trap 'echo stopped; exit 5' TERM; ${waiting}`;
  const running = launcher.startScript(script, { env: job.env });
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  running.kill('SIGTERM');
  const { status, stdout, stderr } = await running.finished;
  assert.deepEqual([status, stdout.toString()], [5, 'ready\nstopped\n'], stderr);
  assert.equal(job.row().exitcode, 5);
  assert.deepEqual(launcher.left(), []);
  await until('nothing is left', async () => (await launcher.remains()).length === 0);
});

test('launch --via operator: what keeps a job from its start ends the launch, with its reason and its events', async (t) => {
  const launcher = await operatorLauncher(t);
  if (launcher === null) return;
  await launcher.place.start();
  const refused = await launcher.script('exit 0', {
    options: podTemplate(t, { spec: { hostNetwork: true } }),
  });
  assert.equal(refused.status, 64);
  assert.match(refused.stderr, /could not start: .*violates PodSecurity/);
  const missing = podTemplate(t, {
    spec: {
      volumes: [{ name: 'facts', configMap: { name: 'nowhere' } }],
      containers: [{ name: 'main', volumeMounts: [{ name: 'facts', mountPath: '/facts' }] }],
    },
  });
  const late = await launcher.script('exit 0', { options: [...missing, '--start-timeout', '4'] });
  assert.equal(late.status, 64);
  assert.match(
    late.stderr,
    /^emissary: (The job did not start within 4 s|The EmissaryJob .* could not start)/m,
  );
  assert.match(late.stderr, /^emissary: Event: .*"nowhere" not found/m);
  assert.deepEqual(launcher.left(), []);
  await until('nothing is left', async () => (await launcher.remains()).length === 0);
});

test('launch --via operator, where the cluster has no such resource: one sentence; auto makes a pod', async (t) => {
  const launcher = await operatorLauncher(t);
  if (launcher === null) return;
  const { kubeconfig } = launcher.place.cluster;
  const KUBECONFIG = await startLackingApi(t, kubeconfig, (path) => path.includes('emissary.multiflexi.eu'));
  const { status, stderr } = await launcher.script('exit 0', { env: { KUBECONFIG } });
  assert.equal(status, 64);
  assert.match(
    stderr,
    /^emissary: Kubernetes cannot create the EmissaryJob .*: it has no such resources; .*\n$/,
  );
  const env = { KUBECONFIG, EMISSARY_VIA: 'auto', EMISSARY_POD_TEMPLATE: '' };
  const auto = await launcher.script('echo in a pod; exit 7', { env });
  assert.deepEqual([auto.status, auto.stdout.toString()], [7, 'in a pod\n'], auto.stderr);
  assert.deepEqual(launcher.left(), []);
});

test('launch --via auto makes a resource where the cluster has them, and a pod for what no operator can do', async (t) => {
  const launcher = await operatorLauncher(t);
  if (launcher === null) return;
  await launcher.place.start();
  const env = { EMISSARY_VIA: 'auto' };
  const running = launcher.startScript(waiting, { env });
  await until('the job runs', () => running.stdout().toString().includes('ready'));
  assert.equal((await launcher.jobs()).length, 1);
  await launcher.open();
  assert.equal((await running.finished).status, 0, running.stderr());
  const own = await launcher.script('echo $HOSTNAME', { env, options: ['--pull', 'never'] });
  assert.match(own.stdout.toString(), /^emissary-[0-9a-f]{12}-run-[0-9a-f]{8}-[0-9a-f]{4}\n$/, own.stderr);
  assert.deepEqual(launcher.left(), []);
});
