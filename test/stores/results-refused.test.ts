import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { served } from '../helpers/inputs.ts';
import { runJob } from '../helpers/job.ts';
import { temporaryVolume } from '../helpers/volume.ts';

test('a file whose name a server of HTTP refuses keeps nothing else from it, and is named', async (t) => {
  const stored: string[] = [];
  const host = await served(t, (request, answer) => {
    const { url = '', method } = request;
    request.resume().on('end', () => {
      if (method !== 'PUT') return answer.writeHead(405).end();
      if (url.includes('/.ht')) return answer.writeHead(403).end();
      stored.push(url);
      return answer.writeHead(201).end();
    });
  });
  const [root, made] = [temporaryVolume(t), temporaryVolume(t)];
  const artifacts = ['.htaccess', 'other'].map((name) => ({
    name: name.replace('.', ''),
    path: join(made, name),
    archive: { none: {} },
  }));
  const command = ['sh', '-c', `cd ${made}; head -c 9000000 /dev/zero | tee .htaccess > other`];
  await runJob(t, command, { root, template: { outputs: { artifacts } } });
  const env = { MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_URL: `http://${host}` };
  const { status, stderr } = await emissary(['wait'], { root, env });
  assert.equal(status, 64);
  assert.match(stderr, /Cannot store "[^"]*\.htaccess": the server answered 403/);
  assert.equal(stored.filter((url) => url.endsWith('/other')).length, 1);
  assert.equal(stored.at(-1), '/7/report.json');
});

test('a server of HTTP that refuses everything is not asked for every file', async (t) => {
  let asked = 0;
  const host = await served(t, (request, answer) => {
    asked += 1;
    request.resume().on('end', () => answer.writeHead(403).end());
  });
  const [root, made] = [temporaryVolume(t), temporaryVolume(t)];
  const names = Array.from({ length: 100 }, (_, index) => `a${index}`);
  const artifacts = names.map((name) => ({ name, path: join(made, name), archive: { none: {} } }));
  await runJob(t, ['sh', '-c', `cd ${made}; touch ${names.join(' ')}`], {
    root,
    template: { outputs: { artifacts } },
  });
  const env = { MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_URL: `http://${host}` };
  const { status, stderr } = await emissary(['wait'], { root, env });
  assert.equal(status, 64);
  assert.match(stderr, /Cannot put the results into http:\/\/[^ ]*: the server answered 403/);
  assert.ok(asked < 100, `${asked} requests`);
});
