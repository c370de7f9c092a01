import assert from 'node:assert/strict';
import { copyFileSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { execa } from 'execa';
import { type BuiltPackage, buildPackage, laterPackage } from '../helpers/debian-package.ts';
import { type DebianRoot, debianRoot } from '../helpers/debian-root.ts';
import { requireProgram, requireRoot } from '../helpers/require.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const settings = '/etc/multiflexi/multiflexi-emissary.env';
const state = '/var/lib/multiflexi-emissary';

test('the Debian package is the same however often it is made, and lintian accepts it', async (t) => {
  const one = await requirePackage(t);
  if (one === null || !requireProgram(t, 'lintian')) return;
  const other = await buildPackage(temporaryVolume(t));
  assert.ok(readFileSync(one.file).equals(readFileSync(other.file)), 'both packages have the same bytes');
  // The spelling of Node's own messages takes half of the time.
  const options = ['--allow-root', '--fail-on', 'error,warning', '-X', 'binaries/spelling'];
  const { exitCode, stdout } = await execa('lintian', [...options, one.file], { reject: false });
  assert.equal(exitCode, 0, stdout);
});

test('man shows every page of the Debian package without a warning, with all options of each verb', async (t) => {
  const built = await requirePackage(t);
  if (built === null || !requireProgram(t, 'man')) return;
  const { tree } = built;
  const pages = join(tree, 'usr/share/man/man1');
  const env = { LC_ALL: 'C.UTF-8', MANWIDTH: '80', MAN_KEEP_FORMATTING: '', MANROFFSEQ: '' };
  const man = (page: string) =>
    execa('man', ['--warnings', '--encoding=UTF-8', '--local-file', join(pages, page)], { env });
  for (const program of ['emissary', 'multiflexi-emissary']) {
    const { stdout: help } = await execa(join(tree, 'usr/bin', program), ['--help']);
    const verbs = [...help.matchAll(/^ {2}(\w+) /gm)].map(([, verb = '']) => verb);
    assert.ok(verbs.length > 5, help);
    for (const verb of verbs) {
      const { stdout: text } = await execa(join(tree, 'usr/bin', program), [verb, '--help']);
      const { stdout: page, stderr } = await man(`${program}-${verb}.1.gz`);
      assert.equal(stderr, '');
      for (const [, option = ''] of text.matchAll(/^ {2}(--[a-z-]+)/gm))
        assert.match(page, new RegExp(`^ +${option}\\b`, 'm'), `the page of ${verb} has ${option}`);
    }
    assert.ok(readdirSync(pages).includes(`${program}.1.gz`));
    assert.equal((await man(`${program}.1.gz`)).stderr, '');
  }
});

test('the Debian package installs every PHP class of executor/ where MultiFlexi looks for it', async (t) => {
  const built = await requirePackage(t);
  if (built === null) return;
  const installed = globSync('**/*.php', { cwd: join(built.tree, 'usr/share/php') });
  assert.deepEqual(installed.sort(), globSync('**/*.php', { cwd: 'executor' }).sort());
});

const completed: readonly (readonly [string, string])[] = [
  ['multiflexi-emissary la', 'launch'],
  ['emissary la', ''],
  ['emissary init --ro', '--root'],
  ['multiflexi-emissary manifest --kind ', 'pod job'],
  ['multiflexi-emissary manifest --kind = j', 'job'],
  ['multiflexi-emissary manifest --kind =', 'pod job'],
  ['emissary signal main TE', 'TERM'],
  ['emissary init --root /us', '/usr'],
  ['emissary run -- print', 'printf'],
  ['emissary run --timeout ', ''],
];

test('bash completes verbs, options and values from the Debian package', async (t) => {
  const built = await requirePackage(t);
  if (built === null) return;
  for (const [line, expected] of completed) {
    const [program = '', ...args] = line.split(' ');
    const script = `. "$1"; COMP_WORDS=("\${@:2}"); COMP_CWORD=$(($# - 2)); _multiflexi_emissary "$2"
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const file = join(built.tree, 'usr/share/bash-completion/completions', program);
    const { stdout, stderr } = await execa(
      '/bin/bash',
      ['--norc', '-c', script, 'bash', file, program, ...args],
      {
        env: { PATH: '/nowhere' },
        extendEnv: false,
      },
    );
    assert.equal(stderr, '');
    const offered = [...new Set(stdout.split('\n'))].sort();
    assert.deepEqual(offered, expected.split(' ').sort(), line);
  }
});

test('fish completes from the Debian package, and zsh can read its completion', async (t) => {
  const built = await requirePackage(t);
  if (built === null || !requireProgram(t, 'fish') || !requireProgram(t, 'zsh')) return;
  const share = join(built.tree, 'usr/share');
  const env = { HOME: temporaryVolume(t) };
  for (const [line, expected] of [
    ['multiflexi-emissary la', ['launch']],
    ['emissary status --j', ['--json']],
    ['multiflexi-emissary manifest --kind ', ['job', 'pod']],
    ['emissary signal main TE', ['TERM']],
  ] as const) {
    const file = join(share, `fish/vendor_completions.d/${line.split(' ')[0]}.fish`);
    const script = 'source $argv[1]; complete -C $argv[2]';
    const { stdout } = await execa('fish', ['--no-config', '-c', script, file, line], { env });
    assert.deepEqual(stdout.replace(/\t.*/g, '').split('\n'), expected, line);
  }
  await execa('zsh', ['-n', join(share, 'zsh/vendor-completions/_emissary')]);
});

test('a Debian system runs a job from the package, as any user', async (t) => {
  const system = await requireSystem(t);
  if (system === null) return;
  const { root, built } = system;
  install(root, built.file);
  await succeed(root, 'dpkg --install /new.deb');
  const user = 'setpriv --reuid=1000 --regid=1000 --clear-groups';
  const job = await root.run(
    `cd /tmp && ${user} multiflexi-emissary launch --state /tmp/launched -- sh -c 'id -u; exit 3'`,
  );
  assert.deepEqual([job.exitCode, job.stdout], [3, '1000'], job.stderr);
  const told = await succeed(root, 'emissary --version && multiflexi-emissary --version');
  assert.match(told, /^emissary .*\nmultiflexi-emissary /);
});

test('the settings and the state of the Debian package outlive an upgrade and a removal, and a purge removes them', async (t) => {
  const system = await requireSystem(t);
  if (system === null) return;
  const { root, built } = system;
  const before = await filesOf(root);
  install(root, built.file);
  await succeed(root, 'dpkg --install /new.deb');
  assert.equal(await modes(root), `640 root root ${settings}\n700 root root ${state}`);

  // Not edited: an upgrade replaces it, and asks nothing.
  install(root, await laterPackage(t, built, '2', 'SHIPPED=2\n'));
  await succeed(root, 'dpkg --install /new.deb');
  assert.equal(await succeed(root, `cat ${settings}`), 'SHIPPED=2');
  assert.equal(await modes(root), `640 root root ${settings}\n700 root root ${state}`);

  const edited = `600 nobody nogroup ${settings}\n700 root root ${state}`;
  await succeed(
    root,
    `echo MINE=1 >${settings}; chmod 600 ${settings}; chown nobody:nogroup ${settings}; touch ${state}/job`,
  );
  const isKept = async (step: string) => {
    assert.equal(await succeed(root, `cat ${settings}; ls ${state}`), 'MINE=1\njob', step);
    assert.equal(await modes(root), edited, step);
  };
  // Edited: dpkg has a question only where the package's own file has changed as well.
  for (const [version, shipped, answer] of [
    ['3', 'SHIPPED=2\n', ''],
    ['4', 'SHIPPED=4\n', '--force-confdef --force-confold'],
  ] as const) {
    install(root, await laterPackage(t, built, version, shipped));
    await succeed(root, `dpkg ${answer} --install /new.deb`);
    await isKept(`upgrade to ${version}`);
  }
  await succeed(root, 'dpkg-reconfigure --frontend=noninteractive multiflexi-emissary');
  await isKept('reconfigure');
  await succeed(root, 'dpkg --remove multiflexi-emissary');
  await isKept('remove');
  await succeed(root, 'dpkg --force-confold --install /new.deb');
  await isKept('install again');
  await succeed(root, 'rm /new.deb; dpkg --purge multiflexi-emissary');
  assert.deepEqual(await filesOf(root), before);
});

test('the user of MultiFlexi owns the state of the Debian package, whichever is installed first', async (t) => {
  const system = await requireSystem(t);
  if (system === null) return;
  const { root, built } = system;
  install(root, await laterPackage(t, built, '1', null));
  await succeed(root, 'dpkg --install /new.deb; useradd --system --user-group multiflexi');
  await succeed(
    root,
    'dpkg-trigger --by-package=base-files /usr/lib/multiflexi-executor; dpkg --configure --pending',
  );
  const owned = `700 multiflexi multiflexi ${state}`;
  assert.equal(await modes(root), `640 root root ${settings}\n${owned}`);
  await succeed(root, 'dpkg --purge multiflexi-emissary; dpkg --install /new.deb');
  assert.equal(await modes(root), `640 root multiflexi ${settings}\n${owned}`);
});

const directory = mkdtempSync(join(tmpdir(), 'emissary-test-package-'));
let made: Promise<BuiltPackage> | null = null;

after(() => rmSync(directory, { recursive: true, force: true }));

/** The one package of this file, made by the first test that asks for it. */
async function requirePackage(t: TestContext): Promise<BuiltPackage | null> {
  if (!requireProgram(t, 'dpkg-deb')) return null;
  made ??= buildPackage(directory);
  return await made;
}

/** The package, and a system to install it on. */
async function requireSystem(t: TestContext): Promise<{ root: DebianRoot; built: BuiltPackage } | null> {
  const built = await requirePackage(t);
  if (built === null || !requireRoot(t) || !requireProgram(t, 'debootstrap')) return null;
  const { stdout: depends } = await execa('dpkg-deb', ['--field', built.file, 'Depends']);
  const packages = depends.split(', ').map((each) => each.replace(/ .*/, ''));
  return { root: await debianRoot(t, packages), built };
}

function install(root: DebianRoot, file: string): void {
  copyFileSync(resolve(file), join(root.directory, 'new.deb'));
}

async function succeed(root: DebianRoot, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await root.run(`set -e; ${script}`);
  assert.equal(exitCode, 0, `${script}: ${stdout}${stderr}`);
  return stdout;
}

async function modes(root: DebianRoot): Promise<string> {
  return await succeed(root, `stat --format '%a %U %G %n' ${settings} ${state}`);
}

/** All files of the system, without what dpkg notes. */
async function filesOf(root: DebianRoot): Promise<readonly string[]> {
  const noted = '^/(proc|sys|dev|tmp|var/(lib/dpkg|log|cache))(/|$)';
  return (await succeed(root, `find / -xdev | grep -Ev '${noted}' | sort`)).split('\n');
}
