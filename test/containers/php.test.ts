import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { emissary } from '../helpers/emissary.ts';
import { exampleMachine } from '../helpers/example.ts';
import { requireProgram } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const sample = 'images/php-report';

test('podman: a PHP application of MultiFlexi reports on real data, through the pod that manifest prints', async (t) => {
  const machine = await exampleMachine(t, 'podman');
  if (machine === null || !requireProgram(t, 'apt-get')) return;
  const tree = temporaryVolume(t);
  await execa(process.execPath, [join(sample, 'make-tree.ts'), tree]);
  const image = 'multiflexi-php-report:0.1.0';
  await machine.engine.importTree(tree, image);
  t.after(() => machine.engine.run(['rmi', '--force', image]));
  const cwd = temporaryVolume(t);
  writeFileSync(join(cwd, 'report.env'), 'MULTIFLEXI_DATABASE_URL=sqlite:///multiflexi/multiflexi.sqlite\n');
  const definition = join(process.cwd(), sample, 'php-report.multiflexi.app.json');
  const options = ['--job-id', '1', '--user', '1000', '--claim', 'multiflexi:/multiflexi'];
  const args = ['manifest', ...options, '--report-variables', 'report.env', definition];
  const printed = await emissary(args, { cwd });
  assert.deepEqual([printed.status, printed.stderr], [0, '']);
  writeFileSync(join(cwd, 'pod.yaml'), printed.stdout);
  const played = await machine.engine.run(['play', 'kube', '--network', 'none', join(cwd, 'pod.yaml')]);
  assert.equal(played.exitCode, 0, played.stderr);
  await until('the job is reported', () => machine.stored().end !== null);
  const { exitcode, lines, artifacts } = machine.stored();
  assert.equal(exitcode, 0);
  const summary = lines.find((line) => line.startsWith('stderr '));
  assert.match(summary ?? '', /^stderr \d+ packages in \d+ sections, \d+ KiB$/);
  assert.ok(lines.some((line) => /^stdout libs +\d+ packages/.test(line)));
  assert.deepEqual(artifacts, ['php-report.json', 'sections.csv']);
});
