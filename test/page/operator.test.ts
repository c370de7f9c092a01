import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basic, mayGetJobs, mayGetLogs, operatorPages, viewerToken } from '../helpers/operator-pages.ts';
import { until } from '../helpers/until.ts';
import { logIsWhole, openPage } from './browser.ts';

test('operator --page: what a browser shows of a job that runs, has failed, and has lost its pod', async (t) => {
  const pages = await operatorPages(t);
  if (pages === null) return;
  const { place, ask, port } = pages;
  const script = 'echo "<b>out</b>"; echo err >&2; sleep 3; exit 7';
  await place.make('seen', script, { keepPod: 'Always' });
  await place.phase('seen', 'Executing');
  const token = await viewerToken(t, place, 'viewer', [mayGetJobs, mayGetLogs]);
  const path = `/${place.namespace}/seen`;
  await until('its log is there', async () =>
    (await ask(path, basic(token))).text.includes('data-of="main/stdout"'),
  );
  await place.phase('seen', 'Failed');
  const login = { username: 'anybody', password: token };
  const shown = await openPage(t, `https://127.0.0.1:${port}${path}`, { login, trustsAll: true });
  if (shown === null) return;
  await logIsWhole(shown, '2 lines');
  assert.equal(await shown.verdict(), 'Failed with exit code 7');
  assert.equal(await shown.page.title(), `${place.namespace}/seen`);
  assert.deepEqual((await shown.lines()).toSorted(), ['<b>out</b>', 'err']);
  const phases = await shown.page.$$eval('.phase-name', (all) => all.map(({ textContent }) => textContent));
  assert.deepEqual(phases, ['queued', 'initializing', 'executing']);
  assert.deepEqual([shown.troubles, shown.requests], [[], []]);
  const { podName = '' } = await place.phase('seen', 'Failed');
  await place.kubectl('delete', 'pod', podName, '--grace-period=0', '--force');
  const again = await openPage(t, `https://127.0.0.1:${port}${path}`, { login, trustsAll: true });
  assert.equal(await again?.verdict(), 'Failed with exit code 7');
  assert.match((await again?.page.$eval('main', (all) => all.textContent)) ?? '', /no log of its pod/);
});
