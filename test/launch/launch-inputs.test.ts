import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emissary } from '../helpers/emissary.ts';
import { launcherOf } from '../helpers/launcher.ts';
import { engineNames } from '../helpers/launcher-parts.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** What fits into a pod's Secret is less. */
const bytesOf = (name: string) => (name === 'kubernetes' ? 300_000 : 50_000_000);

for (const name of [...engineNames.slice(1), 'docker elsewhere', 'kubernetes'] as const)
  test(`${name}: a job gets a file of ${bytesOf(name)} bytes that a file-path variable names`, async (t) => {
    const launcher = await launcherOf(t, name);
    if (launcher === null) return;
    const directory = temporaryVolume(t);
    const file = join(directory, 'invoices.bin');
    // Nothing that compresses.
    const block = randomBytes(100_000);
    const blocks = Array.from({ length: bytesOf(name) / block.length }, () => block);
    writeFileSync(file, Buffer.concat(blocks), { mode: 0o600 });
    const variables = join(directory, 'variables');
    writeFileSync(variables, `INVOICES=${file}\n`);
    const application = join(directory, 'app.multiflexi.app.json');
    const definition = {
      name: 'inputs',
      executable: 'sh',
      cmdparams: "-c 'cat {INVOICES}'",
      environment: { INVOICES: { type: 'file-path' } },
    };
    writeFileSync(application, JSON.stringify(definition));
    const args = ['launch', ...launcher.options, '--variables', variables, '--user', '1234:1234'];
    const { status, stdout, stderr } = await emissary([...args, application], { env: launcher.env });
    assert.equal(status, 0, stderr);
    const expected = execFileSync('sha256sum', [file]).toString().split(' ')[0];
    assert.equal(stdout.length, bytesOf(name));
    assert.equal(createHash('sha256').update(stdout).digest('hex'), expected);
    assert.deepEqual([launcher.left(), await launcher.containers()], [[], []]);
  });
