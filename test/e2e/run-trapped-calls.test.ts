import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Finished } from '../helpers/emissary.ts';
import { type Kept, runJob } from '../helpers/job.ts';
import { requireProgram } from '../helpers/require.ts';
import { pod, tool } from '../helpers/saved.ts';
import { type Trap, trapping, wasMet } from '../helpers/trapped-call.ts';

/** More than the number of any of these calls that one thread makes on a volume's files. */
const manyCalls = 60;
const printed = { stdout: 'hello\n', stderr: 'world\n' };

/** An output that the template requests: its file on the volume, and whether that is complete. */
interface Output {
  readonly kind: 'parameter' | 'artifact';
  readonly file: string;
  readonly isWhole: () => boolean;
}

interface Trapped extends Finished {
  readonly kept: Kept;
  readonly outputs: readonly Output[];
  readonly what: string;
}

/** Runs a job into a trap at the first call, at the second, and so on until there are no more calls. */
async function forEachCall(
  t: TestContext,
  { call, does, code }: Pick<Trap, 'call' | 'does'> & { readonly code: number },
  check: (run: Trapped) => void | Promise<void>,
): Promise<void> {
  if (!requireProgram(t, 'strace')) return;
  let [nth, met] = [0, 0];
  const untilNone = async () => {
    for (nth += 1; nth < manyCalls; nth += 1) {
      const run = await runTrapped(t, { call, nth, does }, code);
      if (run === null) return;
      met += 1;
      await check(run);
    }
  };
  await Promise.all([untilNone(), untilNone(), untilNone()]);
  assert.ok(met > 0, `there is no ${call}`);
}

/** A job that prints, and leaves a parameter and an artifact; null if it met no trap. */
async function runTrapped(t: TestContext, trap: Trap, code: number): Promise<Trapped | null> {
  const { root, work, template } = pod(t);
  const [log, value, tree] = [join(work, 'calls'), join(work, 'value'), join(work, 'tree')];
  template({
    outputs: {
      parameters: [{ name: 'value', valueFrom: { path: value } }],
      artifacts: [{ name: 'tree', path: tree }],
    },
  });
  const [kept, packed] = [`outputs/parameters${value}`, `outputs/artifacts${tree}.tgz`];
  const outputs: readonly Output[] = [
    {
      kind: 'parameter',
      file: join(root, kept),
      isWhole: () => readFileSync(join(root, kept), 'utf8') === 'v',
    },
    {
      kind: 'artifact',
      file: join(root, packed),
      isWhole: () => tool('tar', ['tzf', join(root, packed)]) === 'tree/\ntree/file\n',
    },
  ];
  const script = `printf v >"$0"; mkdir "$1"; seq 9999 >"$1/file"; echo hello; echo world >&2; exit ${code}`;
  const setting = { root, under: trapping(root, trap, log, [kept, packed]) };
  const finished = await runJob(t, ['sh', '-c', script, value, tree], setting);
  const what = `${trap.call} ${trap.nth}: ${finished.status} ${finished.stderr}`;
  return wasMet(log, trap) ? { ...finished, outputs, what } : null;
}

/** Files on the volume under names that readers ignore. */
function hiddenFiles({ root }: Kept): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /(^|\/)\.[^/]*$/.test(path),
  );
}

for (const call of ['openat', 'mkdir', 'write', 'pwrite64', 'ftruncate', 'close', 'rename']) {
  for (const code of [0, 3]) {
    const title = `run rejects or seals a job that exits ${code}, naming its losses, if the quota is exhausted at any ${call}`;
    test(title, async (t) => {
      await forEachCall(t, { call, does: 'error=EDQUOT', code }, (run) => {
        const said = run.stderr.split('\n').filter((line) => !['', 'world'].includes(line));
        const others = said.filter((line) => !/^emissary: .*(quota|EDQUOT)/.test(line));
        assert.deepEqual(others, [], run.what);
        if (run.stdout.length === 0) checkRefusal(run, said);
        else checkSealed(run, code);
      });
    });
  }
}

function checkRefusal({ status, kept, what }: Trapped, said: readonly string[]): void {
  assert.deepEqual([status, said.length], [64, 1], what);
  if (!kept.has('exitcode')) return;
  const { verdict, origin } = kept.result();
  assert.deepEqual([kept.text('exitcode'), verdict, origin], ['64', 'error', 'emissary'], what);
}

function checkSealed({ status, kept, outputs, what }: Trapped, code: number): void {
  const { outputs: record, ...result } = kept.result();
  assert.equal(status, code === 0 && record.missing.length > 0 ? 64 : code, what);
  assert.deepEqual([kept.text('exitcode'), result.exitCode], [String(status), status], what);
  for (const { kind, file, isWhole } of outputs) {
    const missing = record.missing.filter((output) => output.kind === kind);
    assert.equal(record[`${kind}s`].length + missing.length, 1, what);
    assert.equal(existsSync(file), missing.length === 0, what);
    if (missing.length === 0) assert.ok(isWhole(), what);
    else
      assert.equal(
        missing[0]?.reason,
        "cannot be written to the volume: the volume's quota is used up",
        what,
      );
  }
  for (const stream of ['stdout', 'stderr'] as const)
    assert.ok(result[stream].truncated || kept.text(stream) === printed[stream], what);
  assert.deepEqual(hiddenFiles(kept), [], what);
}

function checkWhole({ kept, outputs, what }: Pick<Trapped, 'kept' | 'outputs' | 'what'>): void {
  const logs = [kept.text('stdout'), kept.text('stderr')];
  assert.deepEqual([kept.text('exitcode'), ...logs], ['3', printed.stdout, printed.stderr], what);
  const { parameters, artifacts } = kept.result().outputs;
  assert.deepEqual([parameters.length, artifacts.length], [1, 1], what);
  assert.ok(
    outputs.every(({ isWhole }) => isWhole()),
    what,
  );
}

for (const call of [
  'openat',
  'mkdir',
  'write',
  'pwrite64',
  'fchmod',
  'ftruncate',
  'close',
  'rename',
  'statx',
]) {
  test(`an emissary that is killed at any ${call} leaves no seal or a complete one, and another can follow it`, async (t) => {
    await forEachCall(t, { call, does: 'signal=KILL', code: 3 }, async ({ kept, outputs, what }) => {
      for (const { file, isWhole } of outputs) if (existsSync(file)) assert.ok(isWhole(), what);
      if (kept.has('started')) assert.equal(JSON.parse(kept.text('started')).attempt, 1, what);
      if (kept.has('result.json')) assert.equal(kept.result().verdict, 'failed', what);
      if (kept.has('exitcode')) checkWhole({ kept, outputs, what });
      const again = await runJob(t, ['sh', '-c', 'exit 4'], { root: kept.root });
      assert.deepEqual([again.status, kept.text('exitcode')], [4, '4'], `${what} ${again.stderr}`);
      assert.deepEqual(hiddenFiles(kept), [], what);
    });
  });
}

test('an artifact whose directory a broken disk cannot list is missing, not empty', async (t) => {
  if (!requireProgram(t, 'strace')) return;
  const { root, work, template } = pod(t);
  const tree = join(work, 'tree');
  template({ outputs: { artifacts: [{ name: 'tree', path: tree }] } });
  const under = ['strace', '-f', '-b', 'execve', '-o', '/dev/null', '-P', tree];
  const broken = [...under, '-e', 'inject=getdents64:error=EIO'];
  const { status, kept } = await runJob(t, ['mkdir', tree], { root, under: broken });
  const { missing, artifacts } = kept.result().outputs;
  assert.deepEqual([status, artifacts.length], [64, 0]);
  assert.equal(missing[0]?.reason, 'the disk failed to read it');
});
