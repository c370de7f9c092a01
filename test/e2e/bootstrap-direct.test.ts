import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { requireProgram } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** Variables that Node and its libraries read; `where` is a directory of the test. */
const variables = (where: string): Readonly<Record<string, string>> => ({
  NODE_COMPILE_CACHE: join(where, 'compiled'),
  NODE_DEBUG: 'fs,module,net,tls,http,timer,stream,worker',
  NODE_DEBUG_NATIVE: 'mksnapshot,sea,inspector_server',
  NODE_DISABLE_COLORS: '1',
  NODE_EXTRA_CA_CERTS: '/no/such/file',
  NODE_ICU_DATA: where,
  NODE_NO_WARNINGS: '0',
  NODE_OPTIONS: '--no-such-option',
  NODE_PENDING_DEPRECATION: '1',
  NODE_PENDING_PIPE_INSTANCES: '1',
  NODE_PRESERVE_SYMLINKS: '1',
  NODE_REDIRECT_WARNINGS: join(where, 'warnings'),
  NODE_REPL_EXTERNAL_MODULE: join(where, 'module.cjs'),
  NODE_TLS_REJECT_UNAUTHORIZED: '0',
  NODE_USE_ENV_PROXY: '1',
  NODE_USE_SYSTEM_CA: '1',
  NODE_V8_COVERAGE: join(where, 'coverage'),
  OPENSSL_CONF: join(where, 'openssl.cnf'),
  OPENSSL_MODULES: where,
  SSL_CERT_DIR: where,
  SSL_CERT_FILE: '/no/such/file',
  UV_THREADPOOL_SIZE: '1',
  UV_USE_IO_URING: '1',
  V8_OPTIONS: '--no-such-option',
  ICU_DATA: where,
  TZ: 'No/Where',
  LANG: 'xx_YY.utf8',
});

for (const name of Object.keys(variables(''))) {
  test(`the built file is not affected by ${name}, even if started directly, and the job gets it`, async (t) => {
    const { where, files } = trap(t);
    const value = variables(where)[name] ?? '';
    const args = ['run', '--', 'sh', '-c', 'echo "$1=$(printenv "$1")"', 'sh', name];
    const root = temporaryVolume(t);
    const job = await emissary(args, { root, env: { [name]: value } });
    assert.deepEqual([job.stdout.toString(), job.stderr, job.status], [`${name}=${value}\n`, '', 0]);
    const help = await emissary(['--version'], { env: { [name]: value } });
    assert.deepEqual([help.status, help.stderr], [0, '']);
    assert.match(help.stdout.toString(), /^emissary [^\n]+\n$/);
    // Nothing was executed or written.
    assert.deepEqual(readdirSync(where).sort(), files);
  });
}

test('the built file trusts no unsigned certificate, whatever the variables', async (t) => {
  if (!requireProgram(t, 'openssl')) return;
  const { where } = trap(t);
  const [key, certificate] = [join(where, 'key'), join(where, 'cert')];
  const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...made, '-subj', '/CN=localhost'], { stdio: 'ignore' });
  const pair = { key: readFileSync(key), cert: readFileSync(certificate) };
  const server = createServer(pair, (_, answer) => answer.end('secret'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const http = { url: `https://localhost:${port}/` };
  const template = JSON.stringify({ inputs: { artifacts: [{ name: 'a', path: '/a', http }] } });
  const trusting = { SSL_CERT_FILE: certificate, NODE_EXTRA_CA_CERTS: certificate };
  const env = { ...variables(where), ...trusting, EMISSARY_TEMPLATE: template };
  const { status, stderr } = await emissary(['init'], { root: temporaryVolume(t), env });
  assert.deepEqual([status, /self-signed certificate\n$/.test(stderr)], [65, true], stderr);
});

/** A directory with files that have an effect if Node or OpenSSL loads them. */
function trap(t: TestContext) {
  const where = temporaryVolume(t);
  writeFileSync(join(where, 'module.cjs'), 'console.log("taken"); module.exports = { start() {} };');
  writeFileSync(join(where, 'openssl.cnf'), 'openssl_conf = [broken\n');
  return { where, files: readdirSync(where).sort() };
}
