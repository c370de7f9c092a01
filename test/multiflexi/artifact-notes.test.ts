import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { runJob } from '../helpers/job.ts';
import { startMariadb } from '../helpers/mariadb.ts';
import { reportedJob } from '../helpers/reported-job.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** A job that leaves a declared artifact and two files that match patterns. */
async function describedJob(t: TestContext, description: string, root: string) {
  const place = temporaryVolume(t);
  const declared = { path: join(place, 'kept.txt'), archive: { none: {} } };
  const template = {
    outputs: {
      artifacts: [
        { name: 'declared', description, ...declared },
        { name: 'plain', ...declared },
      ],
    },
    multiflexi: {
      artifactPatterns: ['^invoice-\\d+\\.pdf$', '.*\\.bin'],
      artifactDescriptions: { '^invoice-\\d+\\.pdf$': 'Faktura', unknown: 'never shown' },
      artifactDirectory: place,
    },
  };
  const script = 'cd "$0"; echo kept >kept.txt; printf "a\\0b" >invoice-12.pdf; printf "\\0" >other.bin';
  return runJob(t, ['sh', '-c', script, place], { root, template });
}

const hash = 'sha256:[0-9a-f]{64}';

test("an artifact's note begins with its description, and ends with our mark", async (t) => {
  const job = reportedJob(t);
  await describedJob(t, 'Přehled\u001b[2J faktur', job.root);
  assert.equal((await emissary(['wait'], job)).status, 0);
  const notes = () => job.database.query<{ note: string }>('select note from artifacts order by id');
  const expected = [
    `^Přehled \\[2J faktur \\[emissary main/artifact/0 ${hash}\\]$`,
    `^plain \\[emissary main/artifact/1 ${hash}\\]$`,
    `^Faktura \\(base64; decode it to get the file\\) \\[emissary main/artifact/2 ${hash}\\]$`,
    `^other\\.bin \\(base64; decode it to get the file\\) \\[emissary main/artifact/3 ${hash}\\]$`,
  ];
  const found = notes().map(({ note }) => note);
  assert.equal(found.length, expected.length);
  for (const [index, note] of found.entries()) assert.match(note, new RegExp(expected[index] ?? ''));
  // A second delivery recognizes them.
  assert.equal((await emissary(['report'], job)).status, 0);
  assert.equal(notes().length, expected.length);
});

test('artifacts that an earlier version stored are not stored again', async (t) => {
  const job = reportedJob(t);
  await describedJob(t, 'd', job.root);
  assert.equal((await emissary(['wait'], job)).status, 0);
  const count = () => job.database.query('select id from artifacts').length;
  const before = count();
  for (const { id, note } of job.database.query<{ id: number; note: string }>(
    'select id, note from artifacts',
  )) {
    const mark = /\[(emissary .*)\]$/.exec(note)?.[1] ?? '';
    const old = note.includes('base64') ? `${mark}; base64` : mark;
    job.database.query('update artifacts set note = ? where id = ?', old, id);
  }
  assert.equal((await emissary(['report'], job)).status, 0);
  assert.equal(count(), before);
});

test('a template that became invalid describes nothing, and an endless pattern takes no time', async (t) => {
  const job = reportedJob(t);
  await describedJob(t, 'd', job.root);
  const evil = '(a+)+$';
  const template = {
    multiflexi: { artifactPatterns: [evil], artifactDescriptions: { [evil]: 'x' } },
    outputs: { artifacts: [] },
  };
  writeFileSync(join(job.root, 'template'), JSON.stringify(template));
  assert.equal((await emissary(['wait'], job)).status, 0);
  const [first] = job.database.query<{ note: string }>('select note from artifacts order by id');
  assert.match(first?.note ?? '', /^declared \[emissary /);
  const other = reportedJob(t);
  await describedJob(t, 'd', other.root);
  const containers = { containerSet: { containers: [{ name: 'main' }] } };
  writeFileSync(join(other.root, 'template'), JSON.stringify(containers));
  assert.equal((await emissary(['wait'], other)).status, 0);
});

test('MariaDB: an artifact is stored although the column cannot hold its description', async (t) => {
  const old = await startMariadb();
  t.after(() => old.stop());
  await old.addJob(1);
  await old.query('alter table artifacts convert to character set latin2');
  const root = temporaryVolume(t);
  await describedJob(t, `${'Přehled 🐎'.repeat(40)}`, root);
  const env = { MULTIFLEXI_JOB_ID: '1', MULTIFLEXI_DATABASE_URL: old.url };
  const { status, stderr } = await emissary(['wait'], { root, env });
  assert.deepEqual([status, stderr], [0, '']);
  const rows = await old.query<{ note: string }>('select note from artifacts order by id');
  assert.equal(rows.length, 4);
  assert.match(
    rows[0]?.note ?? '',
    new RegExp(`^P\\?ehled \\?\\?.*\\.\\.\\. \\[emissary main/artifact/0 ${hash}\\]$`),
  );
});
