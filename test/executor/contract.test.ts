import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { executorJob, recordingLaunch } from '../helpers/php-executor.ts';
import { requireProgram } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const secret = 's3cret-of-the-job';
const databasePassword = 'p@ss/w:rd #1';

/** What a daemon has in its environment beside what `launch` needs. */
const daemon = {
  DB_PASSWORD: databasePassword,
  ENCRYPTION_MASTER_KEY: 'master-key-of-multiflexi',
  ZABBIX_SERVER: 'zabbix.example',
  MULTIFLEXI_DAEMONIZE: 'true',
  LANG: 'cs_CZ.UTF-8',
  EMISSARY_MEMORY: '1G',
  EMISSARY_QUIET: 'true',
  CONTAINER_HOST: 'unix:///run/podman.sock',
  DOCKER_HOST: 'unix:///run/docker.sock',
  KUBECONFIG: '/etc/kubeconfig',
  AZURE_CLIENT_ID: 'client',
};

test('a secret of the job or the daemon is in no argument and no environment of launch', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const launch = recordingLaunch(t);
  const { facts } = await executorJob(t, {
    application: { cmdparams: '--password {PASSWORD} --url {URL} --user {LOGIN}' },
    variables: {
      PASSWORD: { value: secret, type: 'password' },
      KEY: { value: 'declared-secret', secret: true },
      URL: 'https://me:{PASSWORD}@host/',
      LOGIN: 'me',
    },
    env: { ...launch.env, ...daemon },
  }).run();
  const seen = `${launch.text('argv')}\0${launch.text('environ')}\0${facts.messages.join()}`;
  for (const value of [secret, 'declared-secret', databasePassword, daemon.ENCRYPTION_MASTER_KEY])
    assert.ok(!seen.includes(value), value);
  assert.equal(launch.option('secret-names'), 'KEY,PASSWORD,URL');
  assert.equal(launch.file('variables.json')['URL'], `https://me:${secret}@host/`);
});

test("core stores the job's command with values, except those of secrets", async (t) => {
  if (!requireProgram(t, 'php')) return;
  const { job, run } = executorJob(t, {
    application: { executable: 'bank', cmdparams: '--password {PASSWORD} --url {URL} --user {LOGIN}' },
    variables: {
      PASSWORD: { value: secret, type: 'password' },
      URL: 'https://me:{PASSWORD}@host/',
      LOGIN: 'me too',
    },
    env: recordingLaunch(t).env,
  });
  await run();
  assert.deepEqual(job.database.query('select command from job where id = ?', job.jobId).map(Object.values), [
    ['bank --password {PASSWORD} --url {URL} --user me too'],
  ]);
});

test('launch gets the definition, the variables and the database by files that only the user can read', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const launch = recordingLaunch(t);
  const { job, run } = executorJob(t, {
    executor: 'EmissaryPodman',
    application: { ociimage: 'busybox', environment: { A: { type: 'string' } } },
    variables: { A: 'ě ž\n"\'', EMPTY: '', NONE: null, 'BANKA+': '1' },
    env: { ...launch.env, ...daemon },
  });
  await run();
  assert.deepEqual(launch.argv().slice(0, 4), ['--engine', 'podman', '--job-id', String(job.jobId)]);
  assert.deepEqual(launch.file('application.json'), {
    name: 'Example',
    executable: 'true',
    ociimage: 'busybox',
    environment: { A: { type: 'string' } },
  });
  assert.deepEqual(launch.file('variables.json'), {
    A: 'ě ž\n"\'',
    EMPTY: '',
    'BANKA+': '1',
    MULTIFLEXI_TMP: '/tmp',
  });
  assert.deepEqual(launch.file('report-variables.json'), {
    MULTIFLEXI_JOB_ID: String(job.jobId),
    MULTIFLEXI_REPORT: 'full',
    MULTIFLEXI_DATABASE_URL: job.database.url,
  });
  const modes = launch.text('modes').match(/^\d+/gm);
  assert.deepEqual(modes, ['600', '700', '700', '600', '700', '700']);
  assert.equal(launch.option('report'), 'host');
  assert.equal(launch.option('on-term'), 'stop');
});

const needs = [
  { executor: 'Emissary', engine: 'native', names: [] },
  { executor: 'EmissaryDocker', engine: 'docker', names: ['DOCKER_HOST'] },
  { executor: 'EmissaryPodman', engine: 'podman', names: ['CONTAINER_HOST'] },
  {
    executor: 'EmissaryKubernetes',
    engine: 'kubernetes',
    names: ['AZURE_CLIENT_ID', 'EMISSARY_VIA', 'KUBECONFIG'],
  },
  { executor: 'EmissaryAzure', engine: 'azure', names: ['AZURE_CLIENT_ID'] },
];
for (const { executor, engine, names } of needs)
  test(`${executor} starts launch --engine ${engine} with what it needs of the daemon's environment`, async (t) => {
    if (!requireProgram(t, 'php')) return;
    const launch = recordingLaunch(t);
    await executorJob(t, { executor, env: { ...launch.env, ...daemon } }).run();
    assert.equal(launch.option('engine'), engine);
    const own = Object.keys(launch.environ()).filter((name) => !/^(_|PWD|OLDPWD|SHLVL)$/.test(name));
    const always = [
      'EMISSARY_MEMORY',
      'EMISSARY_TEST_RECORD',
      'EMISSARY_TEST_SCRIPT',
      'HOME',
      'LANG',
      'PATH',
    ];
    assert.deepEqual(own.sort(), [...always, ...names].sort());
  });

test('a setting counts as well if core has made a constant of it', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const launch = recordingLaunch(t);
  const CONFIGURATION = join(temporaryVolume(t), 'multiflexi.env');
  writeFileSync(
    CONFIGURATION,
    'DB_CONNECTION=mysql\nDB_HOST=db.example\nDB_PORT=3307\nDB_USERNAME=me\nDB_PASSWORD=a:b@c/%\n' +
      'DB_DATABASE=multi flexi\nEMISSARY_KEEP=failed\n',
  );
  await executorJob(t, { env: { ...launch.env, CONFIGURATION } }).start().finished;
  assert.equal(
    launch.file('report-variables.json')['MULTIFLEXI_DATABASE_URL'],
    'mysql://me:a%3Ab%40c%2F%25@db.example:3307/multi%20flexi',
  );
  assert.equal(launch.environ()['EMISSARY_KEEP'], 'failed');
});

test('localhost is the socket that PHP uses for it', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const launch = recordingLaunch(t);
  const socket = join(temporaryVolume(t), 'mysqld.sock');
  writeFileSync(socket, '');
  const settings = { DB_CONNECTION: 'mysql', DB_HOST: 'localhost', DB_DATABASE: 'multiflexi' };
  const env = { ...launch.env, ...settings, DB_USERNAME: 'me', DB_SETTINGS: `;unix_socket=${socket}` };
  await executorJob(t, { env }).run();
  const url = new URL(launch.file('report-variables.json')['MULTIFLEXI_DATABASE_URL'] ?? '');
  assert.deepEqual(
    [url.hostname, url.port, url.username, url.searchParams.get('socket')],
    ['localhost', '3306', 'me', socket],
  );
});

test('a database URL of its own replaces what core connects to', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const launch = recordingLaunch(t);
  const env = { ...launch.env, MULTIFLEXI_DATABASE_URL_FILE: '/etc/url', MULTIFLEXI_REPORT: 'output' };
  const { job, run } = executorJob(t, { env });
  await run();
  assert.deepEqual(launch.file('report-variables.json'), {
    MULTIFLEXI_JOB_ID: String(job.jobId),
    MULTIFLEXI_REPORT: 'output',
    MULTIFLEXI_DATABASE_URL_FILE: '/etc/url',
  });
});

test('limits among the variables of one job take precedence, and do not reach the job', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const launch = recordingLaunch(t);
  await executorJob(t, {
    variables: { EMISSARY_MEMORY: '256M', EMISSARY_MOUNT: '/:/host', A: '1' },
    env: { ...launch.env, ...daemon },
  }).run();
  const { EMISSARY_MEMORY: memory, EMISSARY_MOUNT: mount } = launch.environ();
  assert.deepEqual([memory, mount], ['256M', undefined]);
  assert.deepEqual(Object.keys(launch.file('variables.json')), ['A', 'EMISSARY_MOUNT', 'MULTIFLEXI_TMP']);
});

test("a container's job has its files in /tmp, whatever directory the host has", async (t) => {
  if (!requireProgram(t, 'php')) return;
  const launch = recordingLaunch(t, 'echo "{}" >"$copy_report"');
  const { tmp, run } = executorJob(t, {
    executor: 'EmissaryDocker',
    variables: { RESULT_FILE: 'report_{ACCOUNT}.json', ACCOUNT: '12', RATES: '{MULTIFLEXI_TMP}/rates.json' },
    env: launch.env,
  });
  const { facts } = await run();
  const { RESULT_FILE, RATES, MULTIFLEXI_TMP } = launch.file('variables.json');
  assert.deepEqual([RESULT_FILE, MULTIFLEXI_TMP], ['/tmp/report_12.json', '/tmp']);
  // Core knows no directory for the macro here, and leaves it to launch.
  assert.equal(RATES, '{MULTIFLEXI_TMP}/rates.json');
  assert.equal(facts.resultFile, launch.option('copy-report'));
  assert.match(facts.resultFile ?? '', new RegExp(`^${tmp}/emissary-7-\\w+/report/report_12\\.json$`));
  assert.equal(facts.report, '{}\n');
});

test("a native job has its artifacts in a directory of its own, and the host's other files where they are", async (t) => {
  if (!requireProgram(t, 'php')) return;
  const launch = recordingLaunch(t);
  const tmp = join(temporaryVolume(t), 'tmp');
  mkdirSync(tmp);
  await executorJob(t, {
    application: { artifacts: [{ name: 'Invoices', path: 'invoices_.*\\.csv' }] },
    variables: {
      RESULT_FILE: 'report.json',
      MULTIFLEXI_TMP: tmp,
      CSV: `${tmp}/invoices_7.csv`,
      RATES: '{MULTIFLEXI_TMP}/rates.json',
      INPUT: { value: `${tmp}/invoices_input.csv`, type: 'file-path' },
      AGAIN: `${tmp}/emissary-6-0123456789abcdef/tmp/invoices_8.csv`,
    },
    env: { ...launch.env, TEST_TMP: tmp },
  }).run();
  const own = launch.text('directory').trim();
  assert.match(own, new RegExp(`^${tmp}/emissary-7-\\w+/tmp$`));
  assert.deepEqual(launch.file('variables.json'), {
    RESULT_FILE: `${own}/report.json`,
    MULTIFLEXI_TMP: own,
    CSV: `${own}/invoices_7.csv`,
    RATES: `${tmp}/rates.json`,
    INPUT: `${tmp}/invoices_input.csv`,
    AGAIN: `${own}/invoices_8.csv`,
  });
});

test('a report whose name has a secret in it is copied under another name, and one to a stream is not', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const copied = async (RESULT_FILE: string) => {
    const launch = recordingLaunch(t);
    const PIN = { value: secret, secret: true };
    const { facts } = await executorJob(t, { variables: { RESULT_FILE, PIN }, env: launch.env }).run();
    assert.ok(!launch.text('argv').includes(secret));
    return [launch.option('copy-report')?.replace(/^.*\//, ''), facts.resultFile?.replace(/^.*\//, '')];
  };
  assert.deepEqual(await copied('report_{PIN}.json'), ['report', 'report']);
  assert.deepEqual(await copied('report_7.json'), ['report_7.json', 'report_7.json']);
  assert.deepEqual(await copied('/php://stdout'), [undefined, 'stdout']);
});

test('the directory of a report exists before the job starts', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const launch = recordingLaunch(t, 'test -d years/2026 && echo there');
  const variables = { RESULT_FILE: 'years/2026/report.json' };
  const { facts } = await executorJob(t, { variables, env: launch.env }).run();
  assert.equal(facts.output, 'there\n');
});

test('core finds collected artifacts in the directory of this job, and stores none that launch has stored', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const script = 'echo mine >"${collect:-/dev/null}/x.txt"';
  const application = { artifacts: [{ name: 'X', path: 'x\\.txt' }] };
  const stored = async (env: Readonly<Record<string, string>>) => {
    const launch = recordingLaunch(t, script);
    const { job, tmp, run } = executorJob(t, { application, env: { ...launch.env, ...env } });
    writeFileSync(join(tmp, 'x.txt'), 'of another job');
    const { facts } = await run();
    assert.match(facts.tmp, new RegExp(`^${tmp}/emissary-7-\\w+/artifacts$`));
    return job.database.query('select filename, artifact from artifacts').map(Object.values);
  };
  assert.deepEqual(await stored({}), []);
  // Nothing that launch could write artifacts to: core stores them.
  for (const env of [{ DB_CONNECTION: 'pgsql' }, { EMISSARY_REPORT: 'none' }])
    assert.deepEqual(await stored(env), [['x.txt', 'mine\n']]);
});

test('a run leaves nothing behind, and removes the secrets of a PHP process that was killed', async (t) => {
  if (!requireProgram(t, 'php')) return;
  const upload = join(temporaryVolume(t), 'certificate');
  writeFileSync(upload, 'uploaded');
  const launch = recordingLaunch(
    t,
    'eval "cat $(sed \'s/.*CERTIFICATE":"\\([^"]*\\).*/\\1/\' "$variables")"',
  );
  const { tmp, run } = executorJob(t, { files: { CERTIFICATE: upload }, env: launch.env });
  const left = join(tmp, 'emissary-5-fedcba9876543210');
  for (const directory of [left, join(left, 'secrets'), join(left, 'tmp')]) mkdirSync(directory);
  for (const file of ['lock', 'secrets/variables.json', 'tmp/output']) writeFileSync(join(left, file), '');
  const hourAgo = Date.now() / 1000 - 3600;
  utimesSync(join(left, 'lock'), hourAgo, hourAgo);
  const { facts } = await run();
  assert.equal(facts.output, 'uploaded');
  assert.deepEqual(readdirSync(tmp), ['emissary-5-fedcba9876543210']);
  assert.deepEqual(readdirSync(left).sort(), ['lock', 'tmp']);
  assert.ok(!existsSync(`${upload}_extracted`));
  assert.equal(statSync(upload).size, 'uploaded'.length);
});
