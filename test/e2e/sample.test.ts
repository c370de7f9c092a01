import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { execa } from 'execa';
import { temporaryVolume } from '../helpers/volume.ts';

const program = resolve('images/licence-audit/audit.ts');

/** A directory with a lock file and what is installed beside it: path → content (text as it is, otherwise JSON). */
async function project(
  t: TestContext,
  packages: unknown,
  files: Record<string, unknown> = {},
): Promise<string> {
  const directory = temporaryVolume(t);
  const lock = { 'package-lock.json': { lockfileVersion: 3, packages } };
  for (const [path, content] of Object.entries({ ...lock, ...files })) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return directory;
}

function audit(cwd: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  return execa(process.execPath, [program, ...args], {
    cwd,
    env: { RESULT_FILE: 'report.json', ...env },
    reject: false,
    timeout: 60_000,
    stripFinalNewline: false,
  });
}

async function json(...path: readonly string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(...path), 'utf8')) as Record<string, unknown>;
}

/** Parses CSV according to RFC 4180, with code that is independent of the writer. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  let rest = text;
  while (rest !== '') {
    const record: string[] = [];
    for (;;) {
      const found = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest);
      assert.ok(found, `not CSV: ${rest}`);
      record.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
      rest = rest.slice(found[0].length);
      if (found[3] === '\r\n') break;
    }
    records.push(record);
  }
  return records;
}

test('the sample audits this project: one record per package, and a licence for each installed one', async (t) => {
  const output = temporaryVolume(t);
  const lock = await json('package-lock.json');
  const names = Object.keys(lock['packages'] as object).filter((key) => key !== '');
  const { exitCode, stdout } = await audit(process.cwd(), ['--output', output], {
    PROGRESS_FILE: `${output}/progress`,
  });
  assert.equal(exitCode, 0);
  const records = parseCsv(await readFile(`${output}/licences.csv`, 'utf8')).slice(1);
  assert.equal(records.length, names.length);
  for (const [name, version, licence, , installed, bytes] of records) {
    if (installed === 'yes') assert.ok(licence !== '' && Number(bytes) > 0, `${name}@${version}`);
    else assert.equal(bytes, '0');
    assert.ok(stdout.includes(`/${names.length} ${name}@${version} `), `${name}@${version}`);
  }
  assert.equal(await readFile(`${output}/package-count`, 'utf8'), String(names.length));
  const progress = (await readFile(`${output}/progress`, 'utf8')).split('\n');
  assert.deepEqual(progress, [
    ...Array.from({ length: names.length + 1 }, (_, done) => `${done}/${names.length}`),
    '',
  ]);
});

test('the sample finds every form of licence, and records where', async (t) => {
  const directory = await project(
    t,
    {
      '': { name: 'root', license: 'UNLICENSED' },
      'node_modules/in-lock': { version: '1.0.0', license: 'MIT' },
      'node_modules/@scope/object': { version: '2.0.0' },
      'node_modules/several': { version: '3.0.0' },
      'node_modules/several/node_modules/in-lock': { version: '0.9.0' },
      'node_modules/alias': { name: 'real-name', version: '4.0.0', license: '(MIT OR Apache-2.0)' },
      'node_modules/workspace': { link: true, resolved: 'packages/workspace' },
      'packages/workspace': { name: 'workspace' },
    },
    {
      'node_modules/in-lock/package.json': { license: 'not asked' },
      'node_modules/@scope/object/package.json': { license: { type: 'BSD-3-Clause' } },
      'node_modules/several/package.json': { licenses: [{ type: 'MIT' }, { type: 'GPL-2.0' }] },
      'packages/workspace/package.json': 'not json',
    },
  );
  const { exitCode, stderr } = await audit(directory);
  assert.equal(exitCode, 0);
  const records = parseCsv(await readFile(`${directory}/licence-audit/licences.csv`, 'utf8'));
  assert.deepEqual(
    records.map((record) => record.slice(0, 5)),
    [
      ['name', 'version', 'licence', 'source', 'installed'],
      ['in-lock', '1.0.0', 'MIT', 'lock', 'yes'],
      ['@scope/object', '2.0.0', 'BSD-3-Clause', 'package', 'yes'],
      ['several', '3.0.0', '(MIT OR GPL-2.0)', 'package', 'yes'],
      ['in-lock', '0.9.0', '', '', 'no'],
      ['real-name', '4.0.0', '(MIT OR Apache-2.0)', 'lock', 'no'],
      ['workspace', '', '', '', 'yes'],
    ],
  );
  assert.match(stderr, /in-lock@0\.9\.0 has no licence in the lock file, and is not installed\n/);
  assert.match(
    stderr,
    /packages\/workspace\/package\.json is not a JSON object\nworkspace@ has no licence\n/,
  );
  const { producer, status, timestamp, metrics } = await json(directory, 'licence-audit/report.json');
  assert.deepEqual([producer, status], ['licence-audit', 'warning']);
  assert.ok(!Number.isNaN(Date.parse(String(timestamp))));
  assert.partialDeepStrictEqual(metrics, { packages: 6, licences: 4, withoutLicence: 2, notInstalled: 2 });
});

test('the sample measures a package without its own node_modules and without following links', async (t) => {
  const manifest = '{"license":"MIT"}';
  const directory = await project(
    t,
    {
      'node_modules/outer': { version: '1.0.0' },
      'node_modules/outer/node_modules/inner': { version: '1.0.0' },
    },
    {
      'node_modules/outer/package.json': manifest,
      'node_modules/outer/deep/er/file': 'x'.repeat(1000),
      'node_modules/outer/node_modules/inner/package.json': manifest,
      'node_modules/outer/node_modules/inner/file': 'y'.repeat(77),
    },
  );
  await symlink('/usr', `${directory}/node_modules/outer/link`);
  await audit(directory);
  const records = parseCsv(await readFile(`${directory}/licence-audit/licences.csv`, 'utf8')).slice(1);
  assert.deepEqual(
    records.map((record) => [record[0], record[5]]),
    [
      ['outer', String(1000 + manifest.length)],
      ['inner', String(77 + manifest.length)],
    ],
  );
});

test('the CSV of the sample preserves quotes, commas and line breaks of a licence', async (t) => {
  const licence = 'See "LICENCE", part 1,\r\nor\nask';
  const directory = await project(t, { 'node_modules/odd': { version: '1,0', license: licence } });
  await audit(directory);
  const records = parseCsv(await readFile(`${directory}/licence-audit/licences.csv`, 'utf8'));
  assert.deepEqual(records[1]?.slice(0, 3), ['odd', '1,0', licence]);
});

test('the sample writes one file per licence, with a valid name', async (t) => {
  const long = 'L'.repeat(400);
  const licences = ['MIT', 'mit', 'a/../b', '..', '***', 'SEE LICENSE IN ../x', long, `${long}2`];
  const packages = Object.fromEntries(
    licences.map((license, n) => [`node_modules/p${n}`, { version: '1.0.0', license }]),
  );
  const directory = await project(t, { ...packages, 'node_modules/none': { version: '1.0.0' } });
  assert.equal((await audit(directory)).exitCode, 0);
  const names = await readdir(`${directory}/licence-audit/licences`);
  assert.deepEqual(names.length, licences.length + 1);
  assert.equal(await readFile(`${directory}/licence-audit/licences/MIT.txt`, 'utf8'), 'MIT\n\np0@1.0.0\n');
  assert.equal(await readFile(`${directory}/licence-audit/licences/mit-2.txt`, 'utf8'), 'mit\n\np1@1.0.0\n');
  assert.equal(await readFile(`${directory}/licence-audit/licences/no-licence.txt`, 'utf8'), 'none@1.0.0\n');
  assert.ok(names.includes('a-..-b.txt') && names.includes('licence.txt') && names.includes('licence-2.txt'));
});

test('the sample reports an unusable lock file in one message, on stderr and in its report', async (t) => {
  const cases = [
    ['not json', /package-lock\.json: not valid JSON \(/],
    ['[]', /: not a lock file: a JSON object is wanted/],
    ['{"lockfileVersion":1,"dependencies":{}}', /: lockfileVersion 2 or 3 is wanted, found 1; "npm install/],
    ['{}', /: lockfileVersion 2 or 3 is wanted, found none;/],
    ['{"lockfileVersion":3,"packages":[]}', /: packages is not an object/],
    [
      '{"lockfileVersion":3,"packages":{"node_modules/a":7}}',
      /: packages\["node_modules\/a"\] is not an object/,
    ],
  ] as const;
  for (const [content, sentence] of cases) {
    const directory = await project(t, {}, { 'package-lock.json': content });
    const { exitCode, stdout, stderr } = await audit(directory);
    assert.deepEqual([exitCode, stdout, stderr.split('\n').length], [1, '', 2], stderr);
    assert.match(stderr, sentence);
    const { status, message } = await json(directory, 'licence-audit/report.json');
    assert.equal(status, 'error');
    assert.match(String(message), sentence);
  }
});

test('the sample names files that it cannot read or write', async (t) => {
  const directory = await project(t, {});
  const missing = await audit(directory, ['--lock', 'nowhere.json']);
  assert.equal(missing.exitCode, 1);
  assert.match(missing.stderr, /^licence-audit: Cannot read the lock file: ENOENT: .*nowhere\.json'\n$/);
  const unwritable = await audit(directory, ['--output', 'package-lock.json/below']);
  assert.equal(unwritable.exitCode, 1);
  assert.match(unwritable.stderr, /^licence-audit: ENOTDIR: .*\n/);
  const progress = await audit(directory, [], { PROGRESS_FILE: '/proc/none/progress' });
  assert.equal(progress.exitCode, 1);
  assert.match(progress.stderr, /^licence-audit: Cannot write the progress: ENOENT: .*\n$/);
});

test('the sample rejects unknown arguments', async (t) => {
  const { exitCode, stderr } = await audit(await project(t, {}), ['--lok', 'x']);
  assert.equal(exitCode, 2);
  assert.match(
    stderr,
    /^licence-audit: Unknown option '--lok'.*\nUsage: audit\.ts \[--lock FILE\] \[--output DIRECTORY\]\n$/,
  );
});

test('a relative RESULT_FILE of the sample is below MULTIFLEXI_TMP', async (t) => {
  const directory = await project(t, {});
  await audit(directory, [], { MULTIFLEXI_TMP: `${directory}/below`, RESULT_FILE: 'job/report.json' });
  assert.equal((await json(directory, 'below/job/report.json'))['status'], 'success');
});

test('the application definition of the sample matches the program', async () => {
  const definition = await json('images/licence-audit/licence-audit.multiflexi.app.json');
  const variables = Object.keys(definition['environment'] as object);
  const placeholders = [...String(definition['cmdparamsTemplate']).matchAll(/\$\{(\w+)\}/g)].map(
    ([, name]) => name,
  );
  assert.deepEqual(placeholders, ['LOCK_FILE', 'OUTPUT_DIRECTORY']);
  assert.deepEqual(variables, [...placeholders, 'RESULT_FILE', 'PROGRESS_FILE']);
  for (const key of ['$schema', 'name', 'description', 'executable', 'ociimage', 'version', 'artifacts']) {
    assert.ok(definition[key], key);
  }
});
