import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execa } from 'execa';
import { debianChangelog } from '../../../../build/debian/changelog.ts';
import { debianVersion } from '../../../../build/debian/names.ts';
import { requireProgram } from '../../../helpers/require.ts';

const text = `# Changes

## [Unreleased]

### Added

- A thing that is described on
  two lines.

## [1.1.0] - 2026-02-03

### Changed

- ${'long '.repeat(20).trim()}

## [1.0.0] - 2026-01-02

### Added

- Everything.
`;

test("the package's changelog has an entry for each version, and unreleased changes in the newest", () => {
  const signature = (time: string) => ` -- A B <a@b.cz>  ${time}\n`;
  assert.equal(
    debianChangelog(text, '1.1.0', 1_800_000_000, 'A B <a@b.cz>'),
    [
      'multiflexi-emissary (1.1.0-1) unstable; urgency=medium\n',
      '  * Added: A thing that is described on two lines.',
      `  * Changed: ${'long '.repeat(13).trim()}`,
      `    ${'long '.repeat(7).trim()}\n`,
      signature('Fri, 15 Jan 2027 08:00:00 +0000'),
      'multiflexi-emissary (1.0.0-1) unstable; urgency=medium\n',
      '  * Added: Everything.\n',
      signature('Fri, 02 Jan 2026 00:00:00 +0000'),
    ].join('\n'),
  );
});

test('unreleased changes belong to a version that CHANGELOG.md does not have', () => {
  const [first = ''] = debianChangelog(text, '1.2.0', 0, 'A B <a@b.cz>').split(' -- ');
  assert.match(first, /^multiflexi-emissary \(1\.2\.0-1\) .*\n\n {2}\* Added: A thing/);
  assert.match(debianChangelog('', '1.2.0', 0, 'A B <a@b.cz>'), /\n {2}\* A new release\.\n/);
});

test("Debian's version of a prerelease is lower than that of its release", async (t) => {
  if (!requireProgram(t, 'dpkg')) return;
  const versions = ['1.0.0-beta.1', '1.0.0-beta.2', '1.0.0', '1.0.1'].map(debianVersion);
  for (const [index, version] of versions.entries())
    await execa('dpkg', ['--compare-versions', version, 'gt', versions[index - 1] ?? '0']);
});
