import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

interface Package {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Readonly<Record<string, Package>>;
};
const locked = Object.entries(packages).filter(([path, { link }]) => path !== '' && link !== true);

test("every package in the lock file has an integrity hash, including other platforms' packages", () => {
  assert.ok(locked.length > 100);
  const bare = locked.filter(([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==/.test(integrity ?? ''));
  // npm omits it for packages that it has not fetched: remove the entry and run `npm install --package-lock-only`.
  assert.deepEqual(
    bare.map(([path]) => path),
    [],
  );
});

test('the lock file names no registry', () => {
  assert.deepEqual(
    locked.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path),
    [],
  );
});
