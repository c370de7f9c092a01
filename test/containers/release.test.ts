import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { execa } from 'execa';
import { here } from '../../build/architecture.ts';
import { atEnd } from '../helpers/at-end.ts';
import { git } from '../helpers/checkout.ts';
import { requireEmulation } from '../helpers/emulated.ts';
import { type Engine, requireEngine } from '../helpers/engine.ts';
import { makeRelease, type Release } from '../helpers/release.ts';
import { requireProgram } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const name = `multiflexi-emissary-${version}`;
const operatorName = `multiflexi-emissary-operator-${version}`;

test('npm run release prints one line a step and lists what it has made', async (t) => {
  const release = await requireRelease(t);
  if (release === null) return;
  const { directory, checkout, stdout, stderr } = release;
  assert.equal(stderr, '');
  const [title = '', ...lines] = stdout.split('\n').filter((line) => !line.startsWith('>') && line !== '');
  assert.equal(
    title,
    `multiflexi-emissary ${version} from ${(await git(checkout, ['rev-parse', 'HEAD'])).trim()}`,
  );
  const listed = lines.filter((line) => line.startsWith('dist/release/'));
  for (const line of lines.filter((each) => !listed.includes(each))) assert.match(line, /^.+ … \d+\.\d s$/);
  const programs = ['emissary', 'multiflexi-emissary'].flatMap((program) =>
    ['amd64', 'arm64'].map((processor) => `${program}-${version}-linux-${processor}`),
  );
  const packages = ['amd64', 'arm64'].map((processor) => `multiflexi-emissary_${version}-1_${processor}.deb`);
  const manifests = ['install', 'page-role', 'sample', 'webhook-role', 'webhook'].map(
    (each) => `${each}.yaml`,
  );
  const operator = [`${operatorName}.oci.tar`, `${operatorName}.tgz`, ...manifests];
  const own = ['cdx.json', 'oci.tar', 'tgz'].map((each) => `${name}.${each}`);
  const expected = [...programs, ...own, ...operator, ...packages];
  assert.deepEqual(readdirSync(directory).sort(), ['SHA256SUMS', ...expected].sort());
  assert.deepEqual(
    listed.map((line) => line.split('  ')[0]),
    expected.map((file) => `dist/release/${file}`).sort(),
  );
});

test('sha256sum --check accepts a release, and SHA256SUMS lists all of its files', async (t) => {
  const release = await requireRelease(t);
  if (release === null) return;
  const { stdout } = await execa('sha256sum', ['--check', '--strict', 'SHA256SUMS'], {
    cwd: release.directory,
  });
  const others = readdirSync(release.directory).filter((file) => file !== 'SHA256SUMS');
  assert.deepEqual(
    stdout.split('\n').sort(),
    others.map((file) => `${file}: OK`),
  );
});

for (const processor of ['amd64', 'arm64']) {
  test(`both programs of a release for ${processor} start, and so does what is in the npm package`, async (t) => {
    const release = await requireRelease(t);
    if (release === null || !canStart(t, processor)) return;
    const { directory, checkout } = release;
    // Only the emulator reads it: where the other processor's loader is.
    const env = { QEMU_LD_PREFIX: join(checkout, `dist/libraries-${processor}`) };
    for (const program of ['emissary', 'multiflexi-emissary']) {
      const file = join(directory, `${program}-${version}-linux-${processor}`);
      const { stdout } = await execa(file, ['--version'], { env });
      assert.equal(stdout.split('\n')[0], `${program} ${version}`);
    }
    const unpacked = temporaryVolume(t);
    await execa('tar', [
      '-xzf',
      join(directory, `${name}.tgz`),
      '-C',
      unpacked,
      `package/linux-${processor}`,
    ]);
    const packed = join(unpacked, `package/linux-${processor}/emissary`);
    const { stdout } = await execa(packed, ['--version']);
    assert.equal(stdout.split('\n')[0], `multiflexi-emissary ${version}`);
  });
}

test('a release has a Debian package for each processor, with its own programs and the same dependencies', async (t) => {
  const release = await requireRelease(t);
  if (release === null) return;
  const dependencies: string[] = [];
  for (const processor of ['amd64', 'arm64']) {
    const file = join(release.directory, `multiflexi-emissary_${version}-1_${processor}.deb`);
    const field = async (name: string) => (await execa('dpkg-deb', ['--field', file, name])).stdout;
    assert.deepEqual([await field('Architecture'), await field('Version')], [processor, `${version}-1`]);
    dependencies.push(await field('Depends'));
    const tree = temporaryVolume(t);
    await execa('dpkg-deb', ['--extract', file, tree]);
    for (const program of ['emissary', 'multiflexi-emissary']) {
      const released: Buffer = readFileSync(
        join(release.directory, `${program}-${version}-linux-${processor}`),
      );
      assert.ok(readFileSync(join(tree, 'usr/bin', program)).equals(released), `${program} for ${processor}`);
    }
  }
  assert.equal(dependencies[0], dependencies[1]);
  assert.match(
    dependencies[0] ?? '',
    /^libatomic1, libc6 \(>= [\d.]+\), libgcc-s1, libstdc\+\+6 \(>= \d+\)$/,
  );
});

test('npm exec runs multiflexi-emissary from the packed file, and forwards arguments and the status', async (t) => {
  const release = await requireRelease(t);
  if (release === null) return;
  const cwd = temporaryVolume(t);
  const run = (args: readonly string[]) =>
    execa(
      'npm',
      [
        ...['exec', '--yes', '--offline', '--package', join(release.directory, `${name}.tgz`)],
        ...['--', 'multiflexi-emissary', ...args],
      ],
      { cwd, env: { npm_config_cache: join(cwd, 'cache') }, reject: false },
    );
  const told = await run(['--version']);
  assert.deepEqual(
    [told.exitCode, told.stdout.split('\n')[0]],
    [0, `multiflexi-emissary ${version}`],
    told.stderr,
  );
  const job = await run([
    'run',
    '--root',
    temporaryVolume(t),
    '--',
    'sh',
    '-c',
    'echo "$1"; exit 7',
    'sh',
    'a  b',
  ]);
  assert.deepEqual([job.exitCode, job.stdout], [7, 'a  b'], job.stderr);
  const launched = await run(['launch', '--', 'sh', '-c', 'echo launched; exit 5']);
  assert.deepEqual([launched.exitCode, launched.stdout], [5, 'launched'], launched.stderr);
});

test('npm exec runs the package in the release’s own directory, as build/README.md tells', async (t) => {
  const release = await requireRelease(t);
  if (release === null) return;
  const line = /^npm exec .*$/m.exec(readFileSync('build/README.md', 'utf8'))?.[0] ?? '';
  assert.match(line, /--version$/);
  const { exitCode, stdout, stderr } = await execa('sh', ['-c', line], {
    cwd: release.directory,
    env: { npm_config_cache: join(temporaryVolume(t), 'cache'), npm_config_offline: 'true' },
    reject: false,
  });
  assert.deepEqual([exitCode, stdout.split('\n')[0]], [0, `multiflexi-emissary ${version}`], stderr);
});

test('the npm package has all licence texts, and a README whose links lead somewhere', async (t) => {
  const release = await requireRelease(t);
  if (release === null) return;
  const unpacked = temporaryVolume(t);
  await execa('tar', ['-xzf', join(release.directory, `${name}.tgz`), '-C', unpacked]);
  const read = (file: string) => readFileSync(join(unpacked, 'package', file), 'utf8');
  for (const part of ['kysely@', 'Node.js', 'libstdc++6', 'GNU LESSER GENERAL PUBLIC LICENSE'])
    assert.ok(read('LICENSES.txt').includes(part), part);
  const links = [...read('README.md').matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
  assert.ok(links.includes('LICENSE'));
  for (const link of links.filter((each) => !/^(https:|#)/.test(each))) assert.notEqual(read(link), '');
});

test('docker loads the image of a release, with a tag for each processor', async (t) => {
  const release = await requireRelease(t);
  const engine = await requireEngine(t, 'docker');
  if (release === null || engine === null) return;
  const tags = ['amd64', 'arm64'].map((processor) => `multiflexi-emissary:${version}-${processor}`);
  atEnd(t, () => engine.run(['rmi', '--force', ...tags]));
  const loaded = await engine.run(['load', '--input', join(release.directory, `${name}.oci.tar`)]);
  assert.equal(loaded.exitCode, 0, loaded.stderr);
  for (const processor of ['amd64', 'arm64']) {
    const image = `multiflexi-emissary:${version}-${processor}`;
    const inspected = await engine.run(['image', 'inspect', '--format', '{{.Architecture}}', image]);
    assert.deepEqual([inspected.exitCode, inspected.stdout], [0, processor], inspected.stderr);
  }
  const args = ['--rm', '--network', 'none', `multiflexi-emissary:${version}-${here.oci}`, '--version'];
  const started = await engine.run(['run', ...args]);
  assert.deepEqual([started.exitCode, started.stdout.split('\n')[0]], [0, `emissary ${version}`]);
  const { stdout: container } = await engine.run(['create', `multiflexi-emissary:${version}-${here.oci}`]);
  atEnd(t, () => engine.run(['rm', container]));
  const copied = join(temporaryVolume(t), 'licences');
  const { exitCode, stderr } = await engine.run(['cp', `${container}:/LICENSES.txt`, copied]);
  assert.deepEqual([exitCode, stderr], [0, '']);
  assert.ok(readFileSync(copied, 'utf8').includes('GNU LESSER GENERAL PUBLIC LICENSE'));
});

for (const { image, program, folder } of [
  { image: 'multiflexi-emissary', program: 'emissary', folder: 'emissary' },
  { image: 'multiflexi-emissary-operator', program: 'multiflexi-emissary', folder: 'operator' },
])
  test(`podman loads the image ${image} of a release, and starts it on either processor`, async (t) => {
    const release = await requireRelease(t);
    const engine = await requireEngine(t, 'podman');
    if (release === null || engine === null) return;
    const archive = join(release.directory, `${image}-${version}.oci.tar`);
    const { run } = privateStore(t, engine);
    const loaded = await run(['load', '--input', archive]);
    assert.equal(loaded.exitCode, 0, loaded.stderr);
    const inspected = await run(['image', 'inspect', `localhost/${image}:${version}`]);
    const [{ Config: config, Architecture: architecture }] = JSON.parse(inspected.stdout);
    const found = [architecture, config.User, config.Entrypoint];
    assert.deepEqual(found, [here.oci, '65532:65532', ['/emissary']]);
    const dockerfile = readFileSync(`images/${folder}/Dockerfile`, 'utf8');
    for (const [label, value] of Object.entries(config.Labels)) {
      if (label.endsWith('.revision') || label.endsWith('.version')) continue;
      assert.ok(dockerfile.includes(`${label}="${value}"`), `the Dockerfile has ${label} as ${value}`);
    }
    const listed = await execa('tar', ['-xOf', archive, 'index.json']);
    assert.equal(JSON.parse(listed.stdout).manifests.length, 1);
    for (const processor of ['amd64', 'arm64'].filter((each) => canStart(t, each))) {
      const args = [
        '--rm',
        '--network',
        'none',
        '--read-only',
        '--arch',
        processor,
        `oci-archive:${archive}`,
      ];
      const started = await run(['run', ...args, '--version']);
      const told = [started.exitCode, started.stdout.split('\n')[0]];
      assert.deepEqual(told, [0, `${program} ${version}`], started.stderr);
    }
  });

test('the SBOM lists bundled packages, the runtime and the libraries, and no build tool', async (t) => {
  const release = await requireRelease(t);
  if (release === null) return;
  const sbom = JSON.parse(readFileSync(join(release.directory, `${name}.cdx.json`), 'utf8'));
  assert.deepEqual([sbom.bomFormat, sbom.specVersion], ['CycloneDX', '1.5']);
  assert.deepEqual(
    [sbom.metadata.component.name, sbom.metadata.component.version],
    ['multiflexi-emissary', version],
  );
  const components: { name: string; version: string; purl: string; 'bom-ref': string }[] = sbom.components;
  const names = components.map((component) => component.name);
  const bundledPackages = 'zod execa kysely mysql2 tar yauzl yaml @opentelemetry/sdk-metrics';
  for (const bundled of bundledPackages.split(' '))
    assert.ok(names.includes(bundled), `${bundled} is listed`);
  for (const tool of ['typescript', 'esbuild', '@biomejs/biome', 'fast-check', 'knip'])
    assert.ok(!names.includes(tool), `${tool} is not listed`);
  assert.equal(components.find((component) => component.name === 'node')?.version, process.versions.node);
  for (const library of ['libc6', 'libstdc++6', 'libgcc-s1', 'libatomic1']) {
    const found = components.filter((component) => component.name === library);
    assert.equal(found.length, 2, `${library} is listed for either processor`);
    for (const each of found) assert.match(each.version, /^\d/);
  }
  const refs = components.map((component) => component['bom-ref']);
  assert.equal(new Set(refs).size, refs.length);
  const known = [...refs, sbom.metadata.component['bom-ref']];
  for (const { ref, dependsOn } of sbom.dependencies)
    for (const each of [ref, ...dependsOn]) assert.ok(known.includes(each), `${each} is a component`);
});

test('the SBOM names the licence of each part, and the checksum of each program', async (t) => {
  const release = await requireRelease(t);
  if (release === null) return;
  const sbom = JSON.parse(readFileSync(join(release.directory, `${name}.cdx.json`), 'utf8'));
  assert.match(
    sbom.serialNumber,
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  const label = /image\.licenses="(.*)"/.exec(readFileSync('images/emissary/Dockerfile', 'utf8'))?.[1] ?? '';
  const known = label.split(' AND ');
  const node = sbom.components.find((component: { name: string }) => component.name === 'node');
  for (const { name, licenses } of [...sbom.components, ...node.components])
    for (const { license, expression } of licenses ?? [{}])
      for (const one of partsOf(expression ?? license?.id)) assert.ok(known.includes(one), `${name}: ${one}`);
  const sums = readFileSync(join(release.directory, 'SHA256SUMS'), 'utf8').trim().split('\n');
  const programs = sums.filter((line) => /-linux-(amd64|arm64)$/.test(line));
  const listed = sbom.metadata.component.components.map(
    (file: { name: string; hashes: readonly { content: string }[] }) =>
      `${file.hashes[0]?.content}  ${file.name}`,
  );
  assert.deepEqual(listed.sort(), programs.sort());
});

/** What all have to be complied with. `(MIT AND Zlib)` */
function partsOf(expression: string | undefined): readonly string[] {
  return (expression ?? 'none').replace(/^\((.*)\)$/, '$1').split(' AND ');
}

/** Podman with images of its own: other tests give the same name to theirs. */
function privateStore(t: TestContext, engine: Engine): Pick<Engine, 'run'> {
  const directory = temporaryVolume(t);
  const store = ['--root', join(directory, 'root'), '--runroot', join(directory, 'run')];
  const run: Engine['run'] = (args) => engine.run([...store, ...args]);
  atEnd(t, () => run(['rmi', '--all', '--force']));
  return { run };
}

let made: Promise<Release> | null = null;

after(async () => {
  const release = await made?.catch(() => null);
  if (release) rmSync(release.checkout, { recursive: true, force: true });
});

/** The one release of this file, made by the first test that asks for it. */
async function requireRelease(t: TestContext): Promise<Release | null> {
  for (const tool of ['git', 'apt-get', 'dpkg']) if (!requireProgram(t, tool)) return null;
  made ??= makeRelease();
  return await made;
}

function canStart(t: TestContext, processor: string): boolean {
  return processor === here.oci || (processor === 'arm64' && requireEmulation(t));
}
