import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** As PHP reads them: `preg_match("/$pattern/", …)`. */
const patterns: readonly [pattern: string, fits: readonly string[], not: readonly string[]][] = [
  ['(?i)REPORT', ['a-report.csv', 'Report'], ['repo']],
  ['(?im)^a$', ['A'], ['ab']],
  ['a\\-b', ['xa-b'], ['ab']],
  ['x_{PROJECT}.json', ['x_{PROJECT}.json'], ['x_PROJECT.json']],
  ['^[[:digit:]]++$', ['123'], ['12a']],
  ['^[[:word:]]+$', ['a_1'], ['a-1']],
  ['^[^[:alpha:]_]+$', ['1-2'], ['1_2', 'a']],
  ['\\Ab.\\z', ['bx'], ['abx', 'bxy']],
  ['(?>ab|a)c', ['abc'], ['ab']],
  ['^(?P<year>[0-9]{4})$', ['2026'], ['202']],
  ['\\x{159}', ['\u0159'], ['r']],
  ['^ř.$', ['řx'], ['ř']],
  ['(?x) ^ a b $ # both', ['ab'], ['a b']],
  ['[]x]$', ['a]', 'ax'], ['a[']],
  ['${RESULT_FILE}', [], ['RESULT_FILE', '${RESULT_FILE}']],
];

for (const [pattern, fits, not] of patterns) {
  test(`run matches ${pattern} as PHP does`, async (t) => {
    const work = temporaryVolume(t);
    const template = { multiflexi: { artifactPatterns: [pattern], artifactDirectory: work } };
    const args = ['sh', '-c', 'cd "$0"; for i; do : > "$i"; done', work, ...fits, ...not];
    const { status, stderr, kept } = await runJob(t, args, { template });
    assert.deepEqual([status, stderr], [0, '']);
    const found = kept.result().outputs.artifacts.map(({ name }) => name);
    assert.deepEqual(found.sort(), [...fits].sort());
  });
}

test('init and run warn of an invalid pattern by its key, and it matches nothing', async (t) => {
  const [root, work] = [temporaryVolume(t), temporaryVolume(t)];
  const multiflexi = { artifactPatterns: ['a', '*.json', '('], artifactDirectory: work };
  const template = JSON.stringify({ multiflexi });
  const init = await emissary(['init'], { root, env: { EMISSARY_TEMPLATE: template } });
  const said = (what: string) =>
    [1, 2]
      .map(
        (index) =>
          `emissary: multiflexi.artifactPatterns[${index}] is not a valid regular expression and ${what} no file\n`,
      )
      .join('');
  assert.deepEqual([init.status, init.stderr], [0, said('will match')]);
  const args = ['sh', '-c', `cd '${work}'; : > a; : > b.json`];
  const { status, stderr, kept } = await runJob(t, args, { template });
  assert.deepEqual([status, stderr], [0, said('matches')]);
  const { artifacts, missing } = kept.result().outputs;
  assert.deepEqual(
    artifacts.map(({ name }) => name),
    ['a'],
  );
  const reason = 'it is not a valid regular expression';
  assert.deepEqual(
    missing.map((each) => [each.name, each.reason, each.optional]),
    [
      ['*.json', reason, true],
      ['(', reason, true],
    ],
  );
});

test("run creates the job's directory, and accepts descriptions of artifacts", async (t) => {
  const directory = join(temporaryVolume(t), 'a/b');
  const template = {
    outputs: { artifacts: [{ name: 'a', path: '/none', description: 'A table', optional: true }] },
    multiflexi: { temporaryDirectory: directory, artifactDescriptions: { x: 'Others' } },
  };
  const { status, stderr } = await runJob(t, ['test', '-d', directory], { template });
  assert.deepEqual([status, stderr, existsSync(directory)], [0, '', true]);
});
