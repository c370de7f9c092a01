import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { here } from '../../build/architecture.ts';
import { emissary } from '../helpers/emissary.ts';
import { type Engine, requireEngine } from '../helpers/engine.ts';
import { exampleMachine } from '../helpers/example.ts';
import { makeImage, withBusybox, withLibraries, withTree } from '../helpers/images.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

for (const name of ['podman', 'docker'] as const) {
  test(`${name}: the Dockerfile of the emissary builds offline, and its image installs for another user`, async (t) => {
    const engine = await requireEngine(t, name);
    if (engine === null) return;
    const image = `localhost/emissary-test-built-${process.pid}:test`;
    const said = ['--build-arg', `TARGETARCH=${here.oci}`, '--build-arg', 'VERSION=1.2.3'];
    await build(t, engine, image, [...said, '--file', 'images/emissary/Dockerfile', 'dist/image']);
    const inspected = await engine.run(['image', 'inspect', image]);
    const [{ Config: config }] = JSON.parse(inspected.stdout);
    assert.deepEqual([config.User, config.Entrypoint], ['65532:65532', ['/emissary']]);
    assert.equal(config.Labels['org.opencontainers.image.version'], '1.2.3');
    const job = await makeImage(t, engine, 'user', (tree) => withBusybox(tree));
    // Podman accepts a prefix of a name: this one is a prefix of none.
    const volume = `emissary-test-built-${process.pid}-volume`;
    t.after(() => engine.run(['volume', 'rm', '--force', volume]));
    const args = ['run', '--rm', '--network', 'none', '--read-only', '--volume', `${volume}:/var/run/argo`];
    const init = await engine.run([...args, image, 'init']);
    assert.deepEqual([init.exitCode, init.stderr], [0, '']);
    const command = ['/var/run/argo/emissary', 'run', '--', 'sh', '-c', 'echo ran; exit 4'];
    const run = await engine.run([...args, '--user', '1000:1000', job, ...command]);
    assert.deepEqual([run.exitCode, run.stdout, run.stderr], [4, 'ran', '']);
    const status = await engine.run([...args, image, 'status']);
    assert.match(status.stdout, /^main +sealed +4 +failed/m);
  });
}

for (const name of ['podman', 'docker'] as const) {
  test(`${name}: each container of a pod without the volume exits with one message`, async (t) => {
    const engine = await requireEngine(t, name);
    if (engine === null) return;
    const image = await makeImage(t, engine, 'alone', (tree) => withTree(tree, `dist/image/${here.oci}`));
    const alone = ['run', '--rm', '--network', 'none', '--user', '65532'];
    const sentence =
      'emissary: Nothing is mounted at "/var/run/argo": ' +
      "mount the job's volume there in every container of the job (or elsewhere, with --root)";
    for (const verb of ['init', 'wait']) {
      for (const root of [[], ['--read-only']]) {
        const { exitCode, stdout, stderr } = await engine.run([...alone, ...root, image, '/emissary', verb]);
        assert.deepEqual([exitCode, stdout, stderr], [64, '', sentence]);
      }
    }
  });
}

test('podman: the sample application builds from its Dockerfile, and runs in the pod that manifest prints', async (t) => {
  const machine = await exampleMachine(t, 'podman');
  if (machine === null) return;
  const { engine } = machine;
  const base = await makeImage(t, engine, 'node', (tree) => {
    withBusybox(tree, ['sh', 'ln', 'env']);
    tree.copy('/bin/busybox', '/usr/bin/env');
    withLibraries(tree, process.execPath, '/usr/local/bin/node');
  });
  const file = 'images/licence-audit/Dockerfile';
  await build(t, engine, 'multiflexi/licence-audit:0.1.0', [
    '--build-arg',
    `BASE=${base}`,
    '--file',
    file,
    '.',
  ]);
  const cwd = temporaryVolume(t);
  writeFileSync(join(cwd, 'report.env'), 'MULTIFLEXI_DATABASE_URL=sqlite:///multiflexi/multiflexi.sqlite\n');
  const definition = join(process.cwd(), 'images/licence-audit/licence-audit.multiflexi.app.json');
  const options = ['--job-id', '1', '--user', '1000', '--claim', 'multiflexi:/multiflexi'];
  const args = ['manifest', ...options, '--report-variables', 'report.env', definition];
  const printed = await emissary(args, { cwd });
  assert.deepEqual([printed.status, printed.stderr], [0, '']);
  writeFileSync(join(cwd, 'pod.yaml'), printed.stdout);
  const played = await engine.run(['play', 'kube', '--network', 'none', join(cwd, 'pod.yaml')]);
  assert.equal(played.exitCode, 0, played.stderr);
  await until('the job is reported', () => machine.stored().end !== null);
  const { exitcode, lines, artifacts } = machine.stored();
  assert.equal(exitcode, 0);
  assert.match(lines.at(-1) ?? '', /^stdout \d+ packages, \d+ licences/);
  assert.deepEqual(artifacts, ['licence-audit.json', 'licences.csv', 'licences.tgz']);
});

/** Builds an image, which is removed when the test ends. */
async function build(t: TestContext, engine: Engine, image: string, args: readonly string[]): Promise<void> {
  t.after(() => engine.run(['rmi', '--force', image]));
  // To search its cache, podman reads all images, and fails if another test removes one meanwhile.
  const alone = ['build', '--no-cache', '--network', 'none', '--tag', image];
  const { exitCode, stderr } = await engine.run([...alone, ...args]);
  assert.equal(exitCode, 0, stderr);
}
