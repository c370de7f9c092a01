import assert from 'node:assert/strict';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { type JobSetting, runJob, startJob } from '../helpers/job.ts';
import { program } from '../helpers/program.ts';
import { lacks, requireProgram, requireRoot } from '../helpers/require.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

const awkward = {
  LINES: 'one\ntwo\n\nfour',
  EQUALS: '=a=b==',
  'ODD.name-x': 'kept',
  EMPTY: '',
  QUOTES: `'"\\$(`,
  UNICODE: 'Příliš 🐎',
  NODE_OPTIONS: '--max-old-space-size=1',
  UV_THREADPOOL_SIZE: '3',
  ARGO_TEMPLATE: '{}',
};

test('run passes its environment to the job, without its own variables', async (t) => {
  const large = { LARGE: 'x'.repeat(100_000) };
  const under = ['env', '-i'];
  const given = Object.entries({ PATH: '/usr/bin:/bin', ...awkward, ...large }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const own = ['EMISSARY_GRACE_SECONDS=5', 'EMISSARY_ANYTHING=x', `EMISSARY_ROOT=${temporaryVolume(t)}`];
  const { status, stdout } = await runJob(t, ['env', '-0'], { under: [...under, ...own, ...given] });
  assert.equal(status, 0);
  assert.ok(stdout.equals(Buffer.from(given.map((entry) => `${entry}\0`).join(''))), stdout.toString());
});

test('run preserves variables that are not UTF-8', async (t) => {
  const under = ['sh', '-c', 'exec env "$(printf "N\\377ME=\\376\\300v")" "$@"', 'sh'];
  const { stdout } = await runJob(t, ['env', '-0'], { under });
  assert.ok(stdout.includes(Buffer.from([0x4e, 0xff, 0x4d, 0x45, 0x3d, 0xfe, 0xc0, 0x76, 0])));
});

test('run preserves duplicate variables, and ones without a value, in order', async (t) => {
  if (!requireProgram(t, 'perl')) return;
  const call = { x64: 59, arm64: 221 }[process.arch as string];
  if (call === undefined) return lacks(t, 'the number of execve');
  const entries = ['TWICE=first', 'PATH=/usr/bin:/bin', 'TWICE=second', 'NOVALUE', '=x', 'TWICE=first'];
  // execve(2) with an environment that no shell or library would create.
  const exec = `my @env = splice(@ARGV, 0, ${entries.length}); my $file = $ARGV[0];
    syscall(${call}, $file, pack('p*', @ARGV) . "\\0" x 8, pack('p*', @env) . "\\0" x 8);`;
  const volume = temporaryVolume(t);
  const args = [program, 'run', '--root', volume, '--', 'cat', '/proc/self/environ'];
  const { stdout } = await execa('perl', ['-e', exec, ...entries, ...args]);
  assert.deepEqual(stdout.split('\0'), [...entries, '']);
});

test('run works for any user with a umask that removes every permission', async (t) => {
  if (!requireRoot(t)) return;
  const under = ['sh', '-c', 'umask 0777; exec "$@"', 'sh'];
  const { status, stdout, stderr, kept } = await runJob(t, ['sh', '-c', 'umask; exit 4'], {
    under,
    uid: 54_321,
    gid: 54_321,
  });
  assert.deepEqual([status, stdout.toString(), stderr, kept.text('exitcode')], [4, '0777\n', '', '4']);
});

test('run seals a job under a file size limit below the size of its record', async (t) => {
  // 8 blocks of 512 or 1024 bytes.
  const under = ['sh', '-c', 'ulimit -f 8; exec "$@"', 'sh'];
  const job = ['sh', '-c', 'exit 4', 'x'.repeat(30_000)];
  const { status, stderr, kept } = await runJob(t, job, { under });
  assert.deepEqual([status, kept.text('exitcode')], [4, '4']);
  assert.deepEqual([kept.result().command, kept.result().verdict], [[], 'failed']);
  assert.match(stderr, /EFBIG: [^\n]*result\.json omits the command, the outputs and earlier attempts/);
});

test('run preserves the umask for the job, and makes the record readable for others', async (t) => {
  for (const umask of ['0022', '0077', '0000', '0137']) {
    const under = ['sh', '-c', `umask ${umask}; exec "$@"`, 'sh'];
    const { stdout, kept } = await runJob(t, ['sh', '-c', 'umask'], { under });
    assert.equal(stdout.toString(), `${umask}\n`);
    const modes = await execa`stat --format=%a ${['', 'stdout', 'result.json', 'exitcode'].map(kept.path)}`;
    assert.equal(modes.stdout, '777\n644\n644\n644');
  }
});

test("run preserves the working directory, including the shell's name for it", async (t) => {
  const directory = temporaryVolume(t);
  const { stdout } = await runJob(t, ['pwd', '-P'], { cwd: directory });
  assert.equal(stdout.toString(), `${directory}\n`);
  symlinkSync(directory, join(directory, 'link'));
  const link = join(directory, 'link');
  const linked = await runJob(t, ['pwd', '-L'], { cwd: link, env: { PWD: link } });
  assert.equal(linked.stdout.toString(), `${link}\n`);
});

test('run starts a job in a removed working directory: the job itself reports the error', async (t) => {
  const directory = join(temporaryVolume(t), 'gone');
  const under = [
    'sh',
    '-c',
    `mkdir "${directory}"; cd "${directory}"; rmdir "${directory}"; exec "$@"`,
    'sh',
  ];
  const { status, stderr, kept } = await runJob(t, ['pwd', '-P'], { under });
  assert.equal(status, 1);
  assert.match(stderr, /^pwd: /);
  assert.equal(kept.text('exitcode'), '1');
  const relative = await runJob(t, ['./tool'], { under });
  const message = 'Cannot run "./tool": the working directory was removed';
  assert.deepEqual([relative.status, relative.stderr], [127, `emissary: ${message}\n`]);
  assert.deepEqual([relative.kept.text('exitcode'), relative.kept.result().message], ['127', message]);
});

test('run preserves user and group, and works without any capability', async (t) => {
  if (!requireRoot(t)) return;
  const { status, stdout } = await runJob(t, ['sh', '-c', 'id -u; id -g'], { uid: 12_345, gid: 23_456 });
  assert.deepEqual([status, stdout.toString()], [0, '12345\n23456\n']);
});

test('run passes on standard input: bytes, end of file, nothing, closed', async (t) => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 256));
  const piped = await runJob(t, ['cat'], { stdin: bytes });
  assert.ok(piped.stdout.equals(bytes));
  const none = await runJob(t, ['sh', '-c', 'readlink /proc/self/fd/0; cat']);
  assert.equal(none.stdout.toString(), '/dev/null\n');
  const under = ['sh', '-c', 'exec "$@" <&-', 'sh'];
  const closed = await runJob(t, ['sh', '-c', 'cat; echo "status $?"'], { under });
  assert.match(closed.stdout.toString(), /^status [01]\n$/);
});

test('run does not read standard input: the job gets all that its parent left', async (t) => {
  const file = join(temporaryVolume(t), 'lines');
  writeFileSync(file, 'first\nsecond\nthird\n');
  const under = ['sh', '-c', `{ read -r line; "$@"; cat; } <"${file}"`, 'sh'];
  const { stdout } = await runJob(t, ['sh', '-c', 'read -r line; echo "job: $line"'], { under });
  assert.equal(stdout.toString(), 'job: second\nthird\n');
});

test('run lets a job converse over standard input and output', async (t) => {
  const setting: JobSetting = { stdin: 'pipe' };
  const job = startJob(t, ['sh', '-c', 'while read -r line; do echo "<$line>"; done'], setting);
  for (const line of ['one', 'two']) {
    job.process.stdin?.write(`${line}\n`);
    await until(`the answer to ${line}`, () => job.stdout().includes(`<${line}>\n`));
  }
  job.process.stdin?.end();
  assert.equal((await job.finished).status, 0);
});

test('run leaks no descriptor of its own to the job', async (t) => {
  const { stdout } = await runJob(t, [
    'sh',
    '-c',
    'for file in /proc/$$/fd/*; do [ -e "$file" ] && basename "$file"; done; true',
  ]);
  assert.deepEqual(
    stdout
      .toString()
      .trim()
      .split('\n')
      .filter((file) => Number(file) < 10),
    ['0', '1', '2'],
  );
});

test('run passes on inherited descriptors above 2', async (t) => {
  const under = ['sh', '-c', 'echo from the file >"$0"; exec "$@" 3<"$0" 4>"$0.written"'];
  const file = join(temporaryVolume(t), 'file');
  const { stdout } = await runJob(t, ['sh', '-c', 'cat <&3; echo written >&4'], { under: [...under, file] });
  assert.equal(stdout.toString(), 'from the file\n');
  assert.equal(readFileSync(`${file}.written`, 'utf8'), 'written\n');
});

test('run passes on both ends of an inherited pipe, and unnamed files', async (t) => {
  if (!requireProgram(t, 'perl')) return;
  const call = { x64: 290, arm64: 19 }[process.arch as string];
  if (call === undefined) return lacks(t, 'the number of eventfd2');
  // As GNU make passes on its job server. Perl closes nothing below $^F at an exec.
  const perl = `$^F = 99; pipe(my $read, my $write); syswrite($write, "token\\n"); my $event = syscall(${call}, 0, 0);
    exec @ARGV, fileno($read), fileno($write), $event;`;
  const job = `eval "exec 3<&$1 4>&$2"; echo returned >&4; head -n 2 <&3; readlink "/proc/self/fd/$3"`;
  const under = ['perl', '-e', perl];
  const { stdout, stderr } = await runJob(t, ['sh', '-c', job, 'sh'], { under });
  assert.equal(stdout.toString(), 'token\nreturned\nanon_inode:[eventfd]\n', stderr);
});

test('run starts the job with default signals: none ignored, none blocked', async (t) => {
  const { stdout } = await runJob(t, ['grep', '^Sig[BI]', '/proc/self/status']);
  assert.equal(stdout.toString(), 'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
});

test('run preserves priority and limits for the job', async (t) => {
  const command = ['sh', '-c', 'ulimit -n; ulimit -s; ulimit -c; ulimit -f; nice'];
  const under = ['nice', '-n', '3', 'sh', '-c', 'ulimit -n 1234; ulimit -c 0; exec "$@"', 'sh'];
  const plain = await execa(under[0] ?? '', [...under.slice(1), ...command]);
  const { stdout } = await runJob(t, command, { under });
  assert.equal(stdout.toString(), `${plain.stdout}\n`);
});

test('run preserves a soft limit of open files below the hard one', async (t) => {
  const under = ['sh', '-c', 'ulimit -Sn 300; ulimit -Hn 900; exec "$@"', 'sh'];
  const template = { containerSet: { containers: [{ name: 'main' }], retryStrategy: { retries: 2 } } };
  const job = ['sh', '-c', 'ulimit -Sn; ulimit -Hn; exit 1'];
  const { stdout } = await runJob(t, job, { under, template });
  assert.equal(stdout.toString(), '300\n900\n'.repeat(2));
});
