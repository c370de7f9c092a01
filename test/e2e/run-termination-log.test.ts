import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runJob, startReadyJob } from '../helpers/job.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** A file as Kubernetes mounts it: empty, and writable by any user. */
function terminationLog(t: TestContext, content = ''): string {
  const path = join(temporaryVolume(t), 'termination-log');
  writeFileSync(path, content);
  return path;
}

async function messageOf(t: TestContext, script: string, env: Readonly<Record<string, string>> = {}) {
  const path = terminationLog(t);
  await runJob(t, ['sh', '-c', script], { env: { EMISSARY_TERMINATION_LOG: path, ...env } });
  return readFileSync(path);
}

test("run leaves the verdict and a failed job's last lines in the termination log", async (t) => {
  const message = await messageOf(t, 'echo out; echo first >&2; echo last >&2; exit 3');
  assert.equal(message.toString(), 'The job exited with code 3\nfirst\nlast\n');
});

test('run leaves nothing in the termination log if the job succeeded', async (t) => {
  assert.equal((await messageOf(t, 'echo error >&2')).length, 0);
});

test('run takes the last lines from standard output if there is no standard error', async (t) => {
  const message = await messageOf(t, 'echo one; printf two; exit 1');
  assert.equal(message.toString(), 'The job exited with code 1\none\ntwo\n');
});

test('run masks the termination log', async (t) => {
  const message = await messageOf(t, 'echo "$A_PASSWORD" >&2; exit 1', { A_PASSWORD: 'correct-horse' });
  assert.equal(message.toString(), 'The job exited with code 1\n***\n');
});

test('run keeps whole lines within 4096 bytes of the termination log', async (t) => {
  const message = await messageOf(t, 'for i in $(seq 1000 2999); do echo "line ä $i" >&2; done; exit 1');
  const [first, ...lines] = message.toString().trimEnd().split('\n');
  assert.ok(message.length <= 4096 && message.length > 4000, `${message.length} bytes`);
  assert.equal(first, 'The job exited with code 1');
  const numbers = lines.map((line) => Number(/^line ä (\d{4})$/.exec(line)?.[1]));
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => 3000 - numbers.length + index),
  );
});

test('run cuts a line that is too long for the termination log between characters', async (t) => {
  const message = await messageOf(t, "printf 'x%.0s' 1 2 >&2; printf 'ä%.0s' $(seq 5000) >&2; exit 1");
  assert.ok(message.length <= 4096 && message.length > 4000, `${message.length} bytes`);
  assert.match(message.toString(), /^The job exited with code 1\nä+\n$/);
});

test('run fits bytes that are not UTF-8 into the termination log', async (t) => {
  const message = await messageOf(t, "head -c 4000 /dev/zero | tr '\\0' '\\377' >&2; exit 1");
  assert.ok(message.length <= 4096, `${message.length} bytes`);
  assert.match(message.toString(), /^The job exited with code 1\n\ufffd+\n$/);
});

test('run does not replace a termination message of the job', async (t) => {
  const message = await messageOf(t, 'echo own >"$LOG"; exit 1', {
    LOG: terminationLog(t),
  });
  assert.match(message.toString(), /^The job/);
  const path = terminationLog(t);
  const env = { EMISSARY_TERMINATION_LOG: path, LOG: path };
  await runJob(t, ['sh', '-c', 'echo own >"$LOG"; exit 1'], { env });
  assert.equal(readFileSync(path, 'utf8'), 'own\n');
});

test('run creates no termination log', async (t) => {
  const path = join(temporaryVolume(t), 'none');
  const { status, stderr } = await runJob(t, ['sh', '-c', 'exit 4'], {
    env: { EMISSARY_TERMINATION_LOG: path },
  });
  assert.deepEqual([status, stderr, existsSync(path)], [4, '', false]);
});

for (const [what, place] of [
  ['a link', 'ln -s "$TARGET" "$LOG"'],
  ['a FIFO', 'mkfifo "$LOG"'],
  ['a directory', 'mkdir "$LOG"'],
] as const) {
  test(`run leaves ${what} in the place of the termination log alone`, async (t) => {
    const [directory, target] = [temporaryVolume(t), terminationLog(t)];
    const path = join(directory, 'termination-log');
    const env = { EMISSARY_TERMINATION_LOG: path, LOG: path, TARGET: target };
    const script = `${place}; echo lines >&2; exit 3`;
    const { status, stderr, kept } = await runJob(t, ['sh', '-c', script], { env });
    assert.deepEqual([status, stderr, kept.text('exitcode')], [3, 'lines\n', '3']);
    assert.equal(readFileSync(target).length, 0);
    assert.equal(lstatSync(path).isFile(), false);
  });
}

test('run exits as the job did if the termination log cannot be written', async (t) => {
  const path = join(temporaryVolume(t), 'full');
  symlinkSync('/dev/full', path);
  for (const log of [path, '/dev/full', '/dev/null/none', '/proc/version']) {
    const { status, stderr, kept } = await runJob(t, ['sh', '-c', 'exit 5'], {
      env: { EMISSARY_TERMINATION_LOG: log },
    });
    assert.deepEqual([status, stderr, kept.text('exitcode')], [5, '', '5'], log);
  }
});

test('--termination-log names the file, and an empty one turns it off', async (t) => {
  const [given, other] = [terminationLog(t), terminationLog(t)];
  const env = { EMISSARY_TERMINATION_LOG: other };
  await runJob(t, ['sh', '-c', 'exit 1'], { env, options: ['--termination-log', given] });
  await runJob(t, ['sh', '-c', 'exit 1'], { env, options: ['--termination-log='] });
  assert.deepEqual(
    [readFileSync(given, 'utf8'), readFileSync(other, 'utf8')],
    ['The job exited with code 1\n', ''],
  );
});

test('the termination log has the reason why a job was stopped or not started', async (t) => {
  const log = terminationLog(t);
  const job = await startReadyJob(t, ['sh', '-c', 'echo ready; exec sleep 1000'], {
    env: { EMISSARY_TERMINATION_LOG: log },
  });
  job.kill('SIGTERM');
  assert.equal((await job.finished).status, 143);
  assert.match(readFileSync(log, 'utf8'), /^The job was killed by SIGTERM, after .*\nready\n$/);
  for (const [options, reason] of [
    [['--grace', 'soon'], /^--grace is not a number/],
    [[], /^Cannot run "\/nowhere": no such file\n$/],
  ] as const) {
    const path = terminationLog(t);
    await runJob(t, ['/nowhere'], { options, env: { EMISSARY_TERMINATION_LOG: path } });
    assert.match(readFileSync(path, 'utf8'), reason);
  }
});

test('the last lines are those that were captured, whatever the job puts in the place of its log', async (t) => {
  const secret = terminationLog(t, 'somebody else\n');
  const root = temporaryVolume(t);
  const log = terminationLog(t);
  const script = 'echo captured >&2; ln -sf "$TARGET" "$STDERR"; exit 1';
  const env = { EMISSARY_TERMINATION_LOG: log, TARGET: secret, STDERR: join(root, 'ctr/main/stderr') };
  await runJob(t, ['sh', '-c', script], { root, env });
  assert.equal(readFileSync(log, 'utf8'), 'The job exited with code 1\ncaptured\n');
});

test('run --help tells of the termination log', () => {
  const help = execFileSync('dist/emissary', ['run', '--help'], { encoding: 'utf8' });
  assert.match(help, /--termination-log FILE/);
});
