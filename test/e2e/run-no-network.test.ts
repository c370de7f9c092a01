import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { fixture } from '../helpers/fixture.ts';
import { type JobSetting, runJob, startReadyJob } from '../helpers/job.ts';
import { lacks } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const isolated: JobSetting = { options: ['--no-network'] };
const interfaces = ['sh', '-c', 'tail -n +3 /proc/net/dev | cut -d: -f1'];

test('run --no-network gives the job only a loopback interface, the same user, and its own exit code', async (t) => {
  if (!mayIsolate(t)) return;
  for (const setting of [isolated, { env: { EMISSARY_HERMETIC: 'true' } }]) {
    const { status, stdout, stderr } = await runJob(t, interfaces, setting);
    assert.deepEqual([status, stdout.toString().trim()], [0, 'lo'], stderr);
  }
  const own = process.getuid?.() ?? 0;
  for (const uid of own === 0 ? [0, 1234] : [own]) {
    const setting = { ...isolated, ...(own === 0 && { uid, gid: uid }) };
    const { status, stdout, kept } = await runJob(t, ['sh', '-c', 'id -u; id -g; exit 3'], setting);
    assert.deepEqual([status, stdout.toString()], [3, `${uid}\n${own === 0 ? uid : process.getgid?.()}\n`]);
    assert.deepEqual([kept.result().verdict, kept.text('exitcode')], ['failed', '3']);
  }
});

test('run --no-network: the job reaches itself, but no server outside', async (t) => {
  if (!mayIsolate(t)) return;
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const script = `
    const net = require('node:net');
    net.connect(${port}, '127.0.0.1').on('error', (error) => {
      console.log(error.code);
      const own = net.createServer((socket) => socket.end('here')).listen(0, '127.0.0.1', () =>
        net.connect(own.address().port, '127.0.0.1').on('data', (text) => { console.log(String(text)); own.close(); }));
    }).on('connect', () => { console.log('connected'); process.exit(); });`;
  const command = [process.execPath, '-e', script];
  assert.equal((await runJob(t, command)).stdout.toString(), 'connected\n');
  const { stdout, stderr } = await runJob(t, command, isolated);
  assert.equal(stdout.toString(), 'ECONNREFUSED\nhere\n', stderr);
});

test('run --no-network gives the job the same descriptors, arguments and variables as without', async (t) => {
  if (!mayIsolate(t)) return;
  const script =
    'for each in "$@"; do echo "[$each]"; done; env | sort; ls /proc/self/fd; grep Sig /proc/self/status';
  const command = ['sh', '-c', script, 'sh', '', 'a b', 'ř'];
  const setting: JobSetting = { env: { ODD: 'ř=\n' }, cwd: '/' };
  const plain = await runJob(t, command, setting);
  const { stdout, stderr } = await runJob(t, command, { ...setting, ...isolated });
  const own = (text: Buffer) => text.toString().replace(/^SigQ.*$/m, '');
  assert.equal(own(stdout), own(plain.stdout), stderr);
});

test('run --no-network stops the job, and says why a command cannot be run', async (t) => {
  if (!mayIsolate(t)) return;
  const job = await startReadyJob(t, [fixture('waits.sh')], isolated);
  job.kill('SIGTERM');
  assert.deepEqual([(await job.finished).status, job.kept.result().verdict], [143, 'terminated']);
  const bad = await runJob(t, ['/etc/hostname'], isolated);
  const missing = await runJob(t, ['no-such-command'], isolated);
  assert.deepEqual([bad.status, missing.status], [126, 127]);
});

test('run --no-network does not run the job where the kernel refuses namespaces, and says so', async (t) => {
  if (!mayIsolate(t)) return;
  const forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
  const { status, stdout, stderr, kept } = await runJob(t, ['echo', 'ran'], {
    ...isolated,
    under: ['unshare', '-Ur', 'sh', '-c', forbid, 'sh'],
  });
  assert.deepEqual(
    [status, stdout.toString(), kept.has('started'), kept.text('exitcode')],
    [64, '', false, '64'],
  );
  assert.match(
    stderr,
    /^emissary: Cannot run the job without network: user namespaces are not allowed here: [^\n]*\(ENOSPC: [^\n]*\)\n$/,
  );
  assert.deepEqual([kept.result().verdict, kept.result().origin], ['error', 'emissary']);
});

test('launch --network none takes the network from a job of the engine native', async (t) => {
  if (!mayIsolate(t)) return;
  const args = ['launch', '--network', 'none', '--state', temporaryVolume(t), '--', ...interfaces];
  const { status, stdout, stderr } = await emissary(args);
  assert.deepEqual([status, stdout.toString().trim(), stderr], [0, 'lo', '']);
});

/** Whether this machine allows namespaces to the tests. */
function mayIsolate(t: TestContext): boolean {
  try {
    execFileSync('unshare', ['-Urn', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    lacks(t, 'user namespaces, or the program unshare');
    return false;
  }
}
