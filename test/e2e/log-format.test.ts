import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { emissary, startEmissary } from '../helpers/emissary.ts';
import { runJob, startJob } from '../helpers/job.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const json = { EMISSARY_LOG_FORMAT: 'json' };

interface Message {
  readonly time: string;
  readonly level: string;
  readonly verb?: string;
  readonly jobId?: number;
  readonly message: string;
}

/** Each line has to be a message. */
function messagesIn(text: string): readonly Message[] {
  const lines = text.split('\n');
  assert.equal(lines.pop(), '', text);
  return lines.map((line) => {
    const message = JSON.parse(line) as Message;
    assert.equal(new Date(message.time).toISOString(), message.time);
    return message;
  });
}

/** What a message says besides its time. */
function saidBy({ time: _, ...rest }: Message): Omit<Message, 'time'> {
  return rest;
}

test('init, and a verb that does not exist, fail with one JSON message', async (t) => {
  const root = temporaryVolume(t);
  const bad = await emissary(['init'], { root, env: { ...json, EMISSARY_TEMPLATE: '{"outputs":1}' } });
  const [message, ...more] = messagesIn(bad.stderr);
  assert.deepEqual([bad.status, message?.level, message?.verb, more], [64, 'error', 'init', []]);
  assert.match(message?.message ?? '', /^Invalid template EMISSARY_TEMPLATE: outputs: must be an object/);
  const odd = await emissary(['no-such-verb'], { env: json });
  assert.deepEqual(
    messagesIn(odd.stderr).map(({ level, verb }) => ({ level, verb })),
    [{ level: 'error', verb: undefined }],
  );
});

test('run writes its messages as JSON, masked, and the job’s own bytes as they are', async (t) => {
  const env = { ...json, MULTIFLEXI_JOB_ID: '42', MY_TOKEN: 'Secret-Value-7' };
  const { status, stderr } = await runJob(t, ['/no\nsuch/Secret-Value-7'], { env });
  assert.equal(status, 127);
  const [message] = messagesIn(stderr).map(saidBy);
  assert.deepEqual({ ...message, message: '' }, { level: 'error', verb: 'run', jobId: 42, message: '' });
  assert.match(message?.message ?? '', /such\/\*\*\*/);
  const own = await runJob(t, ['sh', '-c', "printf 'not {json}' >&2"], { env });
  assert.deepEqual([own.status, own.stderr], [0, 'not {json}']);
});

test('run tells what happens as info', async (t) => {
  const job = startJob(t, ['true'], { env: { ...json, EMISSARY_DEBUG_PAUSE_BEFORE: 'true' } });
  await until('it is held', () => job.stderr().includes('paused'));
  job.kill('SIGTERM');
  const { stderr } = await job.finished;
  const [paused] = messagesIn(stderr).map(saidBy);
  const message = `paused: create the file ${job.kept.path('before')} to continue`;
  assert.deepEqual(paused, { level: 'info', verb: 'run', message });
});

test('wait writes its messages as JSON', async (t) => {
  const { kept } = await runJob(t, ['true']);
  const { status, stderr } = await emissary(['wait'], { root: kept.root, env: json });
  const said = 'No destination is configured: printing the result to standard output';
  assert.equal(status, 0);
  assert.deepEqual(
    messagesIn(stderr).map(({ level, verb, message }) => [level, verb, message.startsWith(said)]),
    [['info', 'wait', true]],
  );
});

test('launch writes its own messages, those of its reporter and its progress as JSON', async (t) => {
  const job = reportedJob(t);
  const script =
    'exec 2>/dev/null; echo 1/2 > "$PROGRESS_FILE"; trap "exit 7" TERM; echo ready; while :; do sleep 0.05; done';
  // Its answer makes no sense, and is not asked for again.
  const server = createServer((socket) => socket.end('no')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const zabbix = { ZABBIX_SERVER: `127.0.0.1:${port}`, ZABBIX_HOST: 'host', EMISSARY_REPORT_SECONDS: '1' };
  const env = { ...job.env, ...json, ...zabbix };
  const launched = startEmissary(t, ['launch', '--root', job.root, '--', 'bash', '-c', script], {
    ...job,
    env,
  });
  await until('the job is ready', () => launched.stdout().toString().includes('ready'));
  launched.kill('SIGTERM');
  const { stderr } = await launched.finished;
  const messages = messagesIn(stderr).map(saidBy);
  const { jobId } = job;
  const stopping = 'Stopping the job (SIGTERM). Interrupt again to kill it.';
  assert.deepEqual(messages[0], { level: 'info', verb: 'launch', jobId, message: stopping });
  assert.ok(
    messages.some(({ verb, message }) => verb === 'wait' && message.includes('Zabbix')),
    stderr,
  );
  assert.ok(
    messages.some(({ verb, message }) => verb === 'launch' && message === 'progress 1/2'),
    stderr,
  );
});

test('launch that cannot make its volume says so in one message', async (t) => {
  const args = [
    'launch',
    '--state',
    temporaryVolume(t),
    '--job-id',
    '7',
    '--template',
    '/no/such/file',
    '--',
    'true',
  ];
  const { status, stderr } = await emissary(args, { env: json });
  const [message, ...more] = messagesIn(stderr).map(saidBy);
  assert.deepEqual(
    [status, message?.level, message?.verb, message?.jobId, more],
    [64, 'error', 'launch', 7, []],
  );
  assert.match(message?.message ?? '', /^init failed: Cannot read template/);
});

test('an unknown format stops nothing', async (t) => {
  const { status, stderr } = await runJob(t, ['true'], { env: { EMISSARY_LOG_FORMAT: 'xml' } });
  assert.deepEqual([status, stderr], [0, 'emissary: EMISSARY_LOG_FORMAT is neither text nor json\n']);
});
