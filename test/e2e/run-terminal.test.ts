import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import { fixture } from '../helpers/fixture.ts';
import { endTree } from '../helpers/kill-tree.ts';
import { requireProgram } from '../helpers/require.ts';
import { attempts, terminal } from '../helpers/terminal.ts';
import { until } from '../helpers/until.ts';

const controlC = '\x03';
const controlZ = '\x1a';
const controlD = '\x04';

test('run gives the job a terminal if it has one itself', async (t) => {
  const job = terminal(t, ['sh', '-c', 'tty; test -t 0 && test -t 1 && test -t 2 && echo all three']);
  if (job === null) return;
  assert.equal(await job.status, 0);
  assert.match(job.shown(), /^\/dev\/pts\/[0-9]+\r\nall three\r\n$/);
});

for (const code of [0, 1, 127, 255]) {
  test(`run in a terminal exits with the job's status: ${code}`, async (t) => {
    const job = terminal(t, [fixture('exits.sh'), String(code)]);
    if (job === null) return;
    assert.deepEqual([await job.status, job.kept.text('exitcode')], [code, String(code)]);
  });
}

test('Ctrl-C in a terminal stops the job with 130', async (t) => {
  const job = terminal(t, [fixture('waits.sh')]);
  if (job === null) return;
  await until('the job is ready', () => job.shown().includes('ready'));
  job.type(controlC);
  assert.deepEqual([await job.status, job.kept.text('exitcode')], [130, '130']);
  assert.equal(job.kept.result().signal, 'SIGINT');
});

test('the job gets the window size and its changes', async (t) => {
  const job = terminal(
    t,
    ['sh', '-c', 'trap "stty size" WINCH; stty size; echo ready; while :; do sleep 0.02; done'],
    {
      prepare: 'stty rows 33 cols 111; tty >&9',
    },
  );
  if (job === null) return;
  await until('the job is ready', () => job.shown().includes('ready'));
  assert.match(job.shown(), /^33 111\r\n/);
  await resize(job.terminalPath(), 44, 122);
  await until('the new size', () => job.shown().includes('44 122'));
  job.type(controlC);
  assert.equal(await job.status, 130);
});

test('typed lines and the end of input reach the job', async (t) => {
  const job = terminal(t, ['sh', '-c', 'echo ready; while read -r line; do echo "<$line>"; done; echo over']);
  if (job === null) return;
  await until('the job is ready', () => job.shown().includes('ready'));
  job.type('first\n');
  await until('the answer', () => job.shown().includes('<first>'));
  job.type(controlD);
  assert.equal(await job.status, 0);
  assert.match(job.shown(), /over\r\n$/);
});

test('a job that changes its terminal settings leaves the outer terminal unchanged', async (t) => {
  const job = terminal(t, ['stty', 'raw', '-echo'], { prepare: 'stty -g >&9', after: 'stty -g >&9' });
  if (job === null) return;
  await job.status;
  const [before, behind] = job.said().trim().split('\n');
  assert.equal(behind, before);
});

test('Ctrl-Z stops a job of an interactive shell in the terminal, not the emissary', async (t) => {
  const job = requireProgram(t, 'bash') ? terminal(t, ['bash', '--norc', '-i']) : null;
  if (job === null) return;
  job.type('PS1="> "; echo sh""ell\n');
  await until('the shell answers', () => job.shown().includes('shell\r\n'));
  // With exec: a shell that is starting another program (vfork(2)) cannot be stopped while that one is.
  job.type('sh -c "echo rea\'\'dy; exec sleep 3600"\n');
  await until('its job runs', () => job.shown().includes('ready\r\n'));
  job.type(controlZ);
  await until('its job is stopped', () => job.shown().includes('Stopped'));
  job.type('kill -9 %1; exit 6\nexit 6\n');
  assert.equal(await job.status, 6);
});

for (const stty of ['-tostop', 'tostop']) {
  test(`run works in the background of a terminal that has other settings: ${stty}`, async (t) => {
    if (!requireProgram(t, 'timeout')) return;
    const settings = { prepare: `stty ${stty}; stty -g >&9`, under: 'timeout 60', after: 'stty -g >&9' };
    const job = terminal(t, ['sh', '-c', 'tty; stty -g >&9; exit 3'], settings);
    if (job === null) return;
    assert.deepEqual([await job.status, job.kept.text('exitcode')], [3, '3']);
    assert.match(job.shown(), /^\/dev\/pts\/[0-9]+\r+\n$/);
    const [before, of, behind] = job.said().trim().split('\n');
    assert.deepEqual([of, behind], [before, before]);
  });
}

test('typed input reaches a background job once it is in the foreground', async (t) => {
  const started = '[ -e "$EMISSARY_ROOT/ctr/main/started" ]';
  const inBackground = `job() { "$@" & until ${started}; do sleep 0.02; done; stty echo rows 44 cols 122; fg >/dev/null; }`;
  // As a line-editing shell sets it meanwhile.
  const prepare = `set -m; stty -g >&9; stty -echo; ${inBackground}`;
  const job = terminal(t, ['sh', '-c', 'read -r line; echo "<$line>"; stty size; exit 3'], {
    prepare,
    under: 'job',
    after: 'stty -g >&9',
  });
  if (job === null) return;
  await until('the job has been started', () => job.kept.has('started'));
  job.type('first\n');
  assert.equal(await job.status, 3);
  // The window got its size while the job was in the background.
  assert.match(job.shown(), /<first>\r\n44 122\r\n$/);
  const [before, behind] = job.said().trim().split('\n');
  assert.equal(behind, before);
});

test('a multi-line secret is masked as the terminal prints it', async (t) => {
  const script = 'echo "<$A_TOKEN>"; echo "<$(printf %s "$A_TOKEN")>"';
  const job = terminal(t, ['sh', '-c', script], {
    prepare: 'export A_TOKEN="line one\nline two\r\nthree\n"',
  });
  if (job === null) return;
  assert.equal(await job.status, 0);
  assert.equal(job.shown(), '<***>\r\n<***>\r\n');
  assert.equal(job.kept.text('stdout'), job.shown());
});

test('lines that the next program of a pipeline writes to the terminal end correctly', async (t) => {
  const job = terminal(t, ['sh', '-c', 'echo one; read -r line; echo "$line"'], {
    prepare: 'into() { "$@" | while read -r line; do echo "<$line>"; done; }',
    under: 'into',
  });
  if (job === null) return;
  await until('the next program has written', () => job.shown().includes('<one>'));
  job.type('two\n');
  assert.equal(await job.status, 0);
  // The terminal's echo of the input may come before or after the next program's output.
  assert.match(job.shown(), /^<one>\r\n/);
  assert.match(job.shown(), /\n<two>\r\n/);
});

test('lines that the previous program of a pipeline writes to the terminal end correctly', async (t) => {
  const started = '[ -e "$EMISSARY_ROOT/ctr/main/started" ]';
  const job = terminal(t, ['cat'], {
    prepare: `from() { { until ${started}; do sleep 0.02; done; echo one >&2; echo two; } | "$@"; }`,
    under: 'from',
  });
  if (job === null) return;
  assert.equal(await job.status, 0);
  assert.match(job.shown(), /^one\r\ntwo\r+\n$/);
});

test('terminal settings that the next program of a pipeline has changed and restored stay so', async (t) => {
  const started = '[ -e "$EMISSARY_ROOT/ctr/main/started" ]';
  // Like a pager that starts faster and is left before the job has exited.
  const pager = `{ until ${started}; do sleep 0.02; done; stty "$before" </dev/tty; : >"$LEFT"; cat; }`;
  const job = terminal(t, ['sh', '-c', 'until [ -e "$LEFT" ]; do sleep 0.02; done; exit 3'], {
    prepare: `before=$(stty -g); echo "$before" >&9; export LEFT="$EMISSARY_ROOT/left"; into() { stty -echo -icanon; "$@" | ${pager}; }`,
    under: 'into',
    after: 'stty -g >&9',
  });
  if (job === null) return;
  await job.status;
  assert.equal(job.kept.text('exitcode'), '3');
  const [before, behind] = job.said().trim().split('\n');
  assert.equal(behind, before);
});

test('a job with a pipe as input can close its terminal, continue and reopen it', async (t) => {
  const script =
    'terminal=$(readlink /proc/$$/fd/1); exec >&- 2>&-; sleep 0.3; echo again >"$terminal"; exit 3';
  const job = terminal(t, ['sh', '-c', script], { prepare: 'from() { : | "$@"; }', under: 'from' });
  if (job === null) return;
  assert.deepEqual([await job.status, job.kept.text('stdout')], [3, 'again\r\n'], job.shown());
});

test('typed input reaches the job through a non-blocking terminal', async (t) => {
  if (!requireProgram(t, 'perl')) return;
  const nonblocking = 'use Fcntl; fcntl(STDIN, F_SETFL, O_RDWR | O_NONBLOCK); exec @ARGV';
  const job = terminal(t, ['sh', '-c', 'echo ready; read -r line; echo "<$line>"; exit 5'], {
    under: `perl -e '${nonblocking}' --`,
  });
  if (job === null) return;
  await until('the job is ready', () => job.shown().includes('ready'));
  job.type('first\n');
  assert.equal(await job.status, 5);
  assert.match(job.shown(), /<first>\r\n$/);
});

test("unread input of a long paste does not block the next attempt's input", async (t) => {
  const first =
    ': >"$BEGUN"; stty raw -echo; echo ready; until [ -e "$BEGUN.over" ]; do sleep 0.02; done; exit 1';
  const second = 'stty -echo; while read -r line; do [ "$line" != last ] || exit 5; done';
  const job = terminal(t, ['sh', '-c', `[ -e "$BEGUN" ] || { ${first}; }; ${second}`], {
    prepare: attempts(2),
  });
  if (job === null) return;
  await until('the first attempt runs', () => job.shown().includes('ready'));
  // More than the terminals can buffer.
  job.type(`${'y'.repeat(79)}\n`.repeat(1000));
  writeFileSync(`${job.kept.root}/begun.over`, '');
  job.type('\nlast\n');
  assert.equal(await job.status, 5);
});

test('typed input reaches the running attempt', async (t) => {
  const third = 'echo x >>"$BEGUN"; [ "$(wc -l <"$BEGUN")" -eq 3 ] || exit 1; echo ready';
  const job = terminal(t, ['sh', '-c', `${third}; read -r line; echo "<$line>"; exit 5`], {
    prepare: attempts(3),
  });
  if (job === null) return;
  await until('the third attempt runs', () => job.shown().includes('ready'));
  job.type('first\n');
  assert.equal(await job.status, 5);
  assert.match(job.shown(), /<first>\r\n$/);
});

test('a job that outlives its terminal reads the end of its input', async (t) => {
  const job = terminal(t, ['sh', '-c', 'trap "" HUP; echo ready; read -r line; exit 6']);
  if (job === null) return;
  await until('the job is ready', () => job.shown().includes('ready'));
  const { pid } = JSON.parse(job.kept.text('started')) as { readonly pid: number };
  atEnd(t, () => (job.kept.has('exitcode') ? undefined : endTree(pid)));
  job.hangUp();
  assert.equal(await job.kept.sealed(), '6');
});

test("a job's terminal output is captured as standard output", async (t) => {
  const job = terminal(t, ['sh', '-c', 'echo one; echo two >&2']);
  if (job === null) return;
  assert.equal(await job.status, 0);
  assert.deepEqual([job.kept.text('stdout'), job.kept.text('stderr')], ['one\r\ntwo\r\n', '']);
  assert.equal(job.shown(), 'one\r\ntwo\r\n');
});

async function resize(path: string, rows: number, columns: number): Promise<void> {
  const { execa } = await import('execa');
  await execa`stty -F ${path} rows ${rows} cols ${columns}`;
}
