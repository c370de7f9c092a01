import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { served } from '../helpers/inputs.ts';
import { runJob } from '../helpers/job.ts';
import { pod } from '../helpers/saved.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** A server that stores small files, and closes the connection in the middle of one named `bad`. */
async function brokenServer(t: TestContext) {
  const puts: string[] = [];
  const host = await served(t, async (request, answer) => {
    const { url = '', method } = request;
    if (method === 'PUT') puts.push(url);
    if (/bad$/.test(url)) return request.once('data', () => request.socket.destroy());
    for await (const _ of request);
    return answer.writeHead(method === 'PUT' ? 201 : 405).end();
  });
  return { host, puts };
}

const bare = { none: {} };

test('a server that closes every connection, or is silent, keeps no artifact from another server', async (t) => {
  const its = pod(t);
  const good: string[] = [];
  const host = await served(t, (request, answer) => {
    request.resume().on('end', () => {
      if (request.method !== 'PUT') return answer.writeHead(405).end();
      good.push(request.url ?? '');
      return answer.writeHead(201).end();
    });
  });
  const { host: broken } = await brokenServer(t);
  const silent = await served(t, () => undefined);
  const urls = [`${silent}/first`, `${broken}/bad`, `${host}/last`];
  const artifacts = urls.map((url, index) => {
    const name = `a${index}`;
    return { name, path: join(its.work, name), archive: bare, http: { url: `http://${url}` } };
  });
  const template = { outputs: { artifacts } };
  assert.equal((await its.init(template)).status, 0);
  await its.run('for n in a0 a1 a2; do head -c 100000 /dev/zero > $n; done');
  const env = { EMISSARY_TEMPLATE: JSON.stringify(template), EMISSARY_REPORT_SECONDS: '5' };
  const { status } = await emissary(['wait'], { root: its.root, env });
  assert.equal(status, 64);
  assert.deepEqual(good, ['/last']);
});

test('an artifact that fails again and again is given up although others were put', async (t) => {
  const its = pod(t);
  const { host, puts } = await brokenServer(t);
  const artifacts = ['good', 'bad', 'better'].map((name) => ({
    name,
    path: join(its.work, name),
    archive: bare,
    http: { url: `http://${host}/${name}` },
  }));
  const template = { outputs: { artifacts } };
  assert.equal((await its.init(template)).status, 0);
  await its.run('for n in good bad better; do head -c 100000 /dev/zero > $n; done');
  const env = { EMISSARY_TEMPLATE: JSON.stringify(template), EMISSARY_REPORT_SECONDS: '40' };
  const { status, stderr } = await emissary(['wait'], { root: its.root, env });
  assert.equal(status, 64);
  assert.match(stderr, /Cannot put artifact "bad": the connection was closed/);
  assert.deepEqual(
    puts.filter((url) => url !== '/bad'),
    ['/good', '/better'],
  );
});

test('results of which one file fails again and again are given up, and the others are put once', async (t) => {
  const { host, puts } = await brokenServer(t);
  const [root, made] = [temporaryVolume(t), temporaryVolume(t)];
  const artifacts = [{ name: 'bad', path: join(made, 'bad'), archive: bare }];
  const command = ['sh', '-c', `head -c 10000000 /dev/zero > ${made}/bad`];
  await runJob(t, command, { root, template: { outputs: { artifacts } } });
  const env = {
    MULTIFLEXI_JOB_ID: '7',
    EMISSARY_RESULTS_URL: `http://${host}`,
    EMISSARY_REPORT_SECONDS: '40',
  };
  const { status } = await emissary(['wait'], { root, env });
  assert.equal(status, 64);
  const others = puts.filter((url) => !/bad$/.test(url));
  assert.deepEqual(others.length, new Set(others).size, others.join(' '));
});

test('results over http of which a large file has changed are there, but for this file, which is named', async (t) => {
  const puts: string[] = [];
  const host = await served(t, (request, answer) => {
    const { url = '', method } = request;
    request.on('error', () => undefined);
    request.resume().on('end', () => {
      if (method === 'PUT') puts.push(url);
      answer.writeHead(method === 'PUT' ? 201 : 405).end();
    });
  });
  const [root, made] = [temporaryVolume(t), temporaryVolume(t)];
  const artifacts = ['changed', 'other'].map((name) => ({ name, path: join(made, name), archive: bare }));
  const command = ['sh', '-c', `cd ${made}; head -c 9000000 /dev/zero | tee changed > other`];
  await runJob(t, command, { root, template: { outputs: { artifacts } } });
  writeFileSync(join(root, 'outputs/artifacts', made, 'changed'), Buffer.alloc(9_000_000, 'x'));
  const env = { MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_URL: `http://${host}` };
  const { status, stderr } = await emissary(['wait'], { root, env });
  assert.equal(status, 64);
  assert.match(stderr, /Cannot store "[^"]*changed": it has changed: its SHA-256 is another one/);
  assert.deepEqual([puts.at(-1), puts.filter((url) => /other$/.test(url)).length], ['/7/report.json', 1]);
});
