import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob, startReadyJob } from '../helpers/job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';
import { logIsWhole, seriousFindings, showPage } from './browser.ts';

/** A job with all kinds of outputs. */
function templateOf(directory: string): object {
  const artifact = (name: string, file: string, archive: object = { none: {} }) => ({
    name,
    path: join(directory, file),
    archive,
  });
  return {
    outputs: {
      parameters: [{ name: 'total', valueFrom: { path: join(directory, 'total') } }],
      artifacts: [
        artifact('table', 'table.csv'),
        artifact('resultFile', 'report.json'),
        artifact('picture', 'picture.svg'),
        artifact('site', 'site.html'),
        artifact('folder', 'folder', {}),
        artifact('zipped', 'folder', { zip: {} }),
        artifact('binary', 'binary'),
        { ...artifact('gone', 'gone'), optional: true },
      ],
    },
  };
}

const fill = `
printf 42 > total
printf 'name,amount\\n"Müller, Ltd",3\\n<b>x</b>,4\\n' > table.csv
printf '{"status":"ok","html":"</script><script>alert(1)</script>"}' > report.json
printf '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(2)</script><image href="http://127.0.0.1:9/x"/></svg>' > picture.svg
printf '<html><script>alert(3)</script>' > site.html
mkdir folder; echo one > folder/one; echo two > folder/two
printf '\\000\\377' > binary
echo out; echo err >&2; exit 3`;

test('page shows the verdict, the phases, the report, and the outputs, without a request', async (t) => {
  const cwd = temporaryVolume(t);
  const { kept } = await runJob(t, ['sh', '-c', fill], { cwd, template: templateOf(cwd) });
  const shown = await showPage(t, kept.root, { scheme: 'dark' });
  if (shown === null) return;
  const { page } = shown;
  await logIsWhole(shown, '2 lines');
  assert.match((await page.$eval('.verdict', (each) => each.textContent)) ?? '', /^Failed with exit code 3$/);
  for (const name of ['Phases', 'Report', 'Log of main', 'Containers', 'Outputs'])
    assert.ok(await page.$(`aria/${name}[role="region"]`), name);
  const phases = await page.$$eval('.phase-name', (names) => names.map(({ textContent }) => textContent));
  assert.deepEqual(phases, ['main: starting', 'main: running', 'main: saving']);
  assert.match((await page.$eval('.card', (card) => card.textContent)) ?? '', /<script>alert\(1\)<\/script>/);
  await page.$$eval('details', (all) => {
    for (const each of all) each.open = true;
  });
  const cells = await page.$$eval('td', (all) => all.map(({ textContent }) => textContent));
  assert.deepEqual(cells, ['Müller, Ltd', '3', '<b>x</b>', '4']);
  assert.ok(await page.$('aria/Preview of picture[role="image"]'));
  const text = (await page.$eval('main', ({ textContent }) => textContent)) ?? '';
  for (const part of ['<html><script>alert(3)</script>', 'folder/one', 'It is no text.', '"gone" is missing'])
    assert.ok(text.includes(part), part);
  assert.deepEqual([shown.requests, shown.troubles], [[], []]);
});

for (const scheme of ['light', 'dark'] as const)
  test(`page has nothing serious for axe, ${scheme}`, async (t) => {
    const cwd = temporaryVolume(t);
    const colours = Array.from(
      { length: 16 },
      (_, n) => `\\033[${n < 8 ? 30 + n : 82 + n}mcolour\\033[0m\\n`,
    );
    const script = `printf '${colours.join('')}'; ${fill}`;
    const { kept } = await runJob(t, ['sh', '-c', script], { cwd, template: templateOf(cwd) });
    const shown = await showPage(t, kept.root, { scheme });
    if (shown === null) return;
    await logIsWhole(shown, '18 lines');
    await shown.page.$$eval('details', (all) => {
      for (const each of all) each.open = true;
    });
    assert.deepEqual(await seriousFindings(shown.page), []);
  });

test('page shows names, arguments and titles that look like HTML or script as they are', async (t) => {
  const odd = '</script><!-- <script> \u2028 ${1 + 1} `"';
  const cwd = temporaryVolume(t);
  const file = '<!-- <script> \u2028 ${1}.txt';
  const artifacts = [{ name: odd, path: join(cwd, file), archive: { none: {} } }];
  const template = { outputs: { artifacts } };
  const { kept } = await runJob(t, ['sh', '-c', 'echo x > "$1"; echo "$0"', odd, file], { cwd, template });
  const source = { args: ['--root', kept.root, '--title', odd], env: {} };
  const shown = await showPage(t, source);
  if (shown === null) return;
  await logIsWhole(shown, '1 lines');
  assert.deepEqual(await shown.lines(), [odd]);
  const { page } = shown;
  await page.$$eval('details', (all) => {
    for (const each of all) each.open = true;
  });
  const text = await page.$eval('body', ({ textContent }) => textContent ?? '');
  for (const wanted of [odd, join(cwd, file)]) assert.ok(text.includes(wanted), wanted);
  assert.equal(await page.$eval('h1', ({ textContent }) => textContent), odd);
  assert.deepEqual([shown.troubles, shown.requests], [[], []]);
});

test('page of a failed job shows the failure at once: the verdict, its last words, and the end of the log', async (t) => {
  const script = `seq 1 500; printf 'one\\ntwo \\033[31mthree\\033[0m </script>\\n' >&2; exit 9`;
  const { kept } = await runJob(t, ['sh', '-c', script]);
  const shown = await showPage(t, kept.root);
  if (shown === null) return;
  await logIsWhole(shown, '502 lines');
  assert.equal(await shown.verdict(), 'Failed with exit code 9');
  const words = await shown.page.$eval('.words', ({ textContent }) => textContent);
  assert.equal(words, 'one\ntwo three </script>');
  await until(
    'the end of the log is shown',
    async () => (await shown.lines()).at(-1)?.startsWith('two') === true,
  );
  const top = await shown.page.$eval('.words', (each) => each.getBoundingClientRect().bottom);
  assert.ok(top < 900);
});

test('page of a million lines paints within two seconds', async (t) => {
  const { kept } = await runJob(t, ['seq', '-f', 'line %.0f', '1', '1000000']);
  const shown = await showPage(t, kept.root);
  if (shown === null) return;
  // The page may be ready before the browser has painted it.
  const painted = await shown.page.waitForFunction(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
  );
  const paint = (await painted.jsonValue()) ?? Number.NaN;
  t.diagnostic(`first paint after ${Math.round(paint)} ms`);
  // Two seconds on a machine that has nothing else to do.
  assert.ok(paint < 10_000);
  await logIsWhole(shown, '1,000,000 lines');
});

test('page of a job that runs says so, and that of an empty volume that it waits', async (t) => {
  const job = await startReadyJob(t, ['sh', '-c', 'echo ready; exec sleep 1000']);
  const shown = await showPage(t, job.kept.root);
  if (shown === null) return;
  assert.equal(await shown.page.$eval('.verdict', (each) => each.textContent), 'Running');
  const empty = await showPage(t, temporaryVolume(t));
  await until('it is shown', async () => (await empty?.page.$('.verdict')) !== null);
  assert.equal(await empty?.page.$eval('.verdict', (each) => each.textContent), 'Waiting');
});

test('page keeps what is masked masked, and its file is for its owner alone', async (t) => {
  const env = { JOB_PASSWORD: 's3cret-w0rd' };
  const { kept } = await runJob(t, ['sh', '-c', 'echo "<$JOB_PASSWORD>"'], { env });
  const shown = await showPage(t, kept.root);
  if (shown === null) return;
  await logIsWhole(shown, '1 lines');
  assert.deepEqual(await shown.lines(), ['<***>']);
  assert.ok(!readFileSync(shown.file, 'utf8').includes('s3cret'));
});

test('page reads nothing outside of the volume, whatever the records say', async (t) => {
  const { kept } = await runJob(t, ['sh', '-c', 'echo x']);
  const record = { name: 'a', path: '/a', bytes: 1, sha256: '0'.repeat(64), archive: 'none' };
  const files = ['../../etc/passwd', '/etc/passwd', 'outputs/../template', 'outputs/link'];
  mkdirSync(join(kept.root, 'outputs'), { recursive: true });
  symlinkSync('/etc/passwd', join(kept.root, 'outputs', 'link'));
  const forged = kept.result();
  const artifacts = files.map((file) => ({ ...record, file }));
  writeFileSync(
    kept.path('result.json'),
    JSON.stringify({ ...forged, outputs: { ...forged.outputs, artifacts } }),
  );
  const shown = await showPage(t, kept.root);
  assert.ok(shown === null || !readFileSync(shown.file, 'utf8').includes('root:x:'));
});

test('page: what is too odd to be shown costs its own part, not the page', async (t) => {
  const cwd = temporaryVolume(t);
  const artifacts = [{ name: 'resultFile', path: join(cwd, 'report.json'), archive: { none: {} } }];
  const { kept } = await runJob(
    t,
    ['sh', '-c', 'head -c 60000 /dev/zero | tr "\\0" "[" > report.json; echo "a log"'],
    { cwd, template: { outputs: { artifacts } } },
  );
  const forged = kept.result();
  const attempts = Array.from({ length: 100_000 }, () => forged.attempts[0]);
  writeFileSync(kept.path('result.json'), JSON.stringify({ ...forged, attempts }));
  const shown = await showPage(t, kept.root, { hash: '#%' });
  if (shown === null) return;
  await logIsWhole(shown, '1 lines');
  assert.deepEqual(await shown.lines(), ['a log']);
  assert.ok((await shown.page.$$('.phases li')).length < 1_000);
});

test('page without a volume, without a run, or without a place to write, is one sentence and 64', async (t) => {
  const root = temporaryVolume(t);
  const other = temporaryVolume(t);
  mkdirSync(join(other, '42'));
  const none = await emissary(['page', '--output', join(other, 'run.html')], { root: other });
  assert.equal(none.status, 64);
  assert.match(none.stderr, /^emissary: There is no run in "[^"]+": [^\n]*\n$/);
  assert.deepEqual(readdirSync(other), ['42']);
  const missing = await emissary(['page', '--root', '/nowhere/at/all']);
  assert.equal(missing.status, 64);
  assert.match(missing.stderr, /^emissary: Cannot open the shared volume "[^"]+": ENOENT[^\n]*\n$/);
  const closed = await emissary(['page', '--output', '/nowhere/run.html'], { root });
  assert.equal(closed.status, 64);
  assert.match(closed.stderr, /^emissary: Cannot write the page "\/nowhere\/run\.html": ENOENT[^\n]*\n$/);
});
