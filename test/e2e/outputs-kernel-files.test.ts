import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { pod, tool } from '../helpers/saved.ts';

const [inProc, inSys] = ['/proc/version', '/sys/devices/system/cpu/possible'];
const [tree, inTree] = ['/proc/sys/kernel', '/proc/sys/kernel/ostype'];

for (const archive of [{ none: {} }, { tar: {} }, { zip: {} }, { zstd: {} }]) {
  test(`run saves files of /proc and /sys to their end, whatever their reported size: ${Object.keys(archive)[0]}`, async (t) => {
    const its = pod(t);
    const artifacts = [inProc, inSys, tree].map((path) => ({ name: path, path, archive }));
    its.template({ outputs: { artifacts, parameters: [{ name: 'p', valueFrom: { path: inProc } }] } });
    assert.equal((await its.run('true')).status, 0);
    const { parameters, artifacts: kept, skipped } = its.outputs();
    const version = readFileSync(inProc, 'utf8');
    assert.equal(readFileSync(join(its.root, parameters[0]?.file ?? ''), 'utf8'), version);
    assert.deepEqual(
      skipped.filter(({ reason }) => reason.includes('its end')),
      [],
    );
    const expected = [version, readFileSync(inSys, 'utf8'), readFileSync(inTree, 'utf8')];
    assert.deepEqual(
      kept.map(({ path, file, bytes }) => {
        assert.equal(statSync(join(its.root, file)).size, bytes);
        return contentOf(join(its.root, file), path === tree ? 'kernel/ostype' : basename(path));
      }),
      expected,
    );
  });
}

test('run records an unreadable file of /proc', async (t) => {
  const its = pod(t);
  const artifact = { name: 'm', path: '/proc/self/mem', optional: true, archive: { none: {} } };
  its.template({ outputs: { artifacts: [artifact] } });
  assert.equal((await its.run('true')).status, 0);
  assert.equal(its.outputs().missing[0]?.reason, 'the disk failed to read it');
});

function contentOf(file: string, member: string): string {
  if (file.endsWith('.zip')) return tool('unzip', ['-p', file, member]);
  return /\.(tgz|tar|tar\.zst)$/.test(file) ? tool('tar', ['-xOf', file, member]) : tool('cat', [file]);
}
