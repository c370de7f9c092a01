import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { runJob } from '../helpers/job.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';
import { logIsWhole, showPage } from './browser.ts';

const esc = '\u001b';

/** Shows what a job prints. */
async function shownLog(t: test.TestContext, bytes: string | Buffer, lines: string, hash = '') {
  const file = join(temporaryVolume(t), 'bytes');
  writeFileSync(file, bytes);
  const { kept } = await runJob(t, ['cat', file]);
  const shown = await showPage(t, kept.root, { hash });
  if (shown !== null) await logIsWhole(shown, lines);
  return shown;
}

test('page: only http, https and mailto become links', async (t) => {
  const link = (uri: string) => `${esc}]8;;${uri}${esc}\\to ${uri}${esc}]8;;\u0007\n`;
  const uris = [
    'https://a.example/',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc',
    'mailto:a@b.cz',
  ];
  const shown = await shownLog(t, uris.map(link).join(''), '5 lines');
  if (shown === null) return;
  assert.deepEqual(
    await shown.lines(),
    uris.map((uri) => `to ${uri}`),
  );
  const links = await shown.page.$$eval('.line code a', (all) =>
    all.map((each) => each.getAttribute('href')),
  );
  assert.deepEqual(links, ['https://a.example/', 'mailto:a@b.cz']);
});

test('page: titles, clipboards and what is unterminated are not shown, the rest of the line is', async (t) => {
  const bytes = [
    `${esc}]0;title\u0007after a title\n`,
    `${esc}]52;c;YWJj${esc}\\after a clipboard\n`,
    `before ${esc}]0;never ended\n`,
    `a lone ${esc}\n`,
    `${esc}[31mred${esc}[0m and ${esc}[38;2;1;2;3mtrue${esc}[m ${esc}[999999999999zend\n`,
    `${esc}Pdevice${esc}\\control ${esc}7saved\n`,
  ];
  const shown = await shownLog(t, bytes.join(''), '6 lines');
  assert.deepEqual(await shown?.lines(), [
    'after a title',
    'after a clipboard',
    'before 0;never ended',
    'a lone ',
    'red and true end',
    'control saved',
  ]);
});

test('page: progress by carriage return is one line with its end; the raw view has all', async (t) => {
  let bytes = '';
  for (let step = 0; step <= 10_000; step += 1) bytes += `\r${esc}[Kstep ${step}`;
  const shown = await shownLog(t, `${bytes}\nab\b\bx\n12345\rab\n`, '3 lines');
  if (shown === null) return;
  assert.deepEqual(await shown.lines(), ['step 10000', 'xb', 'ab345']);
  await (await shown.page.$('aria/Raw[role="checkbox"]'))?.click();
  await until('it is raw', async () => (await shown.lines())[0]?.startsWith('␍␛[Kstep 0␍␛[Kstep 1') === true);
});

test('page: what looks like HTML or script is text', async (t) => {
  const lines = [
    '</script><script>document.title = "taken"</script>',
    '<!-- <script> ',
    '\u2028 ${1 + 1} `',
    '<img src=x onerror=alert(1)>',
  ];
  const shown = await shownLog(t, `${lines.join('\n')}\n`, '4 lines');
  if (shown === null) return;
  assert.deepEqual(await shown.lines(), lines);
  assert.match(await shown.page.title(), /^cat /);
  assert.deepEqual([shown.troubles, shown.requests], [[], []]);
  // And nothing else could run: the policy of the page does not let it.
  await shown.page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'document.title = "taken"';
    document.body.append(script);
    document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="document.title = 1">');
  });
  await until('the policy has refused it', () => shown.troubles.length >= 2);
  assert.match(await shown.page.title(), /^cat /);
});

for (const [what, piece] of [
  ['colours', `${esc}[3${'1'}m`],
  ['unterminated titles', `${esc}]0;`],
  ['half sequences', `${esc}[`],
  ['links', `${esc}]8;;http://x${esc}\\`],
  ['carriage returns', 'x\r'],
] as const)
  test(`page: a megabyte of ${what} in one line takes no longer than it is long`, async (t) => {
    const shown = await shownLog(t, `${piece.repeat(1_000_000 / piece.length)}end\n`, '1 lines');
    if (shown === null) return;
    const ms = await shown.page.$eval('.scroller', async (box) => {
      const begun = performance.now();
      for (const key of ['ArrowDown', 'ArrowUp'])
        box.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
      await new Promise((resolve) => requestAnimationFrame(resolve));
      return performance.now() - begun;
    });
    t.diagnostic(`${Math.round(ms)} ms`);
    assert.ok(ms < 10_000);
    assert.match((await shown.lines())[0] ?? '', /nd$|and more/);
  });

for (const browser of ['chromium', 'firefox-esr'] as const)
  test(`page: 5,000,000 lines in ${browser}: the last by the scroll bar, any by a link, all by a search`, async (t) => {
    const { kept } = await runJob(t, ['seq', '-f', 'line %.0f', '1', '5000000']);
    const shown = await showPage(t, kept.root, { hash: '#main-L4321000', in: browser });
    if (shown === null) return;
    const { page } = shown;
    const paint = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    );
    t.diagnostic(`first paint after ${Math.round(paint)} ms`);
    await logIsWhole(shown, '5,000,000 lines');
    await until('the link leads to its line', async () => (await shown.lines()).includes('line 4321000'));
    assert.equal(await page.$eval('.target code', ({ textContent }) => textContent), 'line 4321000');
    await page.$eval('.scroller', (box) => {
      box.scrollTop = box.scrollHeight;
    });
    await until('the last line is there', async () => (await shown.lines()).at(-1) === 'line 5000000');
    assert.ok((await page.$$('.line')).length < 200);
    await page.keyboard.down('Control');
    await page.keyboard.press('f');
    await page.keyboard.up('Control');
    await page.keyboard.type('99999');
    // 99999 is in 399,999 … and so on: counted by a program that knows nothing of ours.
    let [hits, lines] = [0, 0];
    for (let line = 1; line <= 5_000_000; line += 1) {
      const count = String(line).split('99999').length - 1;
      hits += count;
      lines += Math.min(1, count);
    }
    const expected = `${hits.toLocaleString('en')} hits in ${lines.toLocaleString('en')} lines`;
    await until(
      'the search is whole',
      async () => (await page.$eval('.hits', ({ textContent }) => textContent)) === expected,
    );
    await page.keyboard.press('Enter');
    await until('the next hit is there', async () => (await shown.lines()).includes('line 4399999'));
  });

test('page: both streams in their order, each alone, and each downloaded as it was', async (t) => {
  const downloads = temporaryVolume(t);
  const script = `printf 'a\\r\\377\\000b\\n'; sleep 0.05; echo err >&2; sleep 0.05; printf end`;
  const { kept } = await runJob(t, ['sh', '-c', script]);
  const shown = await showPage(t, kept.root, { downloads });
  if (shown === null) return;
  await logIsWhole(shown, '3 lines');
  assert.deepEqual(await shown.lines(), ['�b', 'err', 'end']);
  await shown.page.select('select', 'stderr');
  await until('one stream is shown', async () => (await shown.lines()).length === 1);
  for (const stream of ['stdout', 'stderr']) {
    await (await shown.page.$(`aria/Download ${stream}[role="button"]`))?.click();
    const file = join(downloads, `main-${stream}.txt`);
    await until('it is downloaded', () => readFileSync(file).length > 0);
    assert.deepEqual(readFileSync(file), kept.bytes(stream));
  }
});
