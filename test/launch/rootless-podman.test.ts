import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { copiedHostProgram, examinedIn } from '../helpers/doctor.ts';
import { emptyImage, rootlessPodman } from '../helpers/rootless-podman.ts';

const job = `launch --engine podman --image ${emptyImage} --network none -- /run/multiflexi-emissary/emissary --version`;
const sentence =
  /^emissary: podman runs as 4242: .*logged out; to keep them running: loginctl enable-linger 4242\n$/;

test('rootless podman without lingering: doctor warns with the command that helps, launch once', async (t) => {
  const podman = await rootlessPodman(t);
  if (podman === null) return;
  const program = copiedHostProgram(t, { withPodProgram: true });
  const script = `p=${program}; $p doctor --json --engine podman > doctor.json
    for run in quiet first second; do
      test $run != quiet || export EMISSARY_QUIET=true
      $p ${job} > $run.out 2> $run.err || exit
      unset EMISSARY_QUIET
    done
    $p ${job.replace('launch', 'launch --state $HOME/other --detach')} > detached.out 2> detached.err
    $p attach --state $HOME/other $(cat detached.out)`;
  await podman.run(script, false);
  const read = (name: string) => readFileSync(join(podman.directory, name), 'utf8');
  const { check, names } = examinedIn(read('doctor.json'));
  assert.match(check('user').found, /^rootless, run by 4242/);
  assert.deepEqual([check('lingering').status, check('container').status], ['warning', 'ok']);
  assert.equal(check('lingering').advice, 'loginctl enable-linger 4242');
  assert.equal(check('runtime directory').found, join(podman.directory, 'run'));
  assert.deepEqual(names('failed'), ['subordinate IDs']);
  assert.match(check('subordinate IDs').advice ?? '', /usermod --add-subuids \S+ --add-subgids \S+ 4242/);
  for (const run of ['quiet', 'first', 'second']) assert.match(read(`${run}.out`), /^emissary \S+\n$/);
  assert.deepEqual([read('quiet.err'), read('second.err')], ['', '']);
  assert.match(read('first.err'), sentence);
  assert.match(read('detached.err'), sentence);
});

test('rootless podman with lingering: doctor is content, and launch does not warn', async (t) => {
  const podman = await rootlessPodman(t);
  if (podman === null) return;
  const program = copiedHostProgram(t, { withPodProgram: true });
  const script = `unset XDG_RUNTIME_DIR; ${program} doctor --json --engine podman > doctor.json
    export XDG_RUNTIME_DIR=$HOME/missing; ${program} doctor --json --engine podman > missing.json
    export XDG_RUNTIME_DIR=$HOME/run; ${program} ${job} > launch.out 2> launch.err`;
  await podman.run(script, true);
  const read = (name: string) => readFileSync(join(podman.directory, name), 'utf8');
  const { check } = examinedIn(read('doctor.json'));
  assert.deepEqual([check('lingering').status, check('lingering').found], ['ok', 'on for 4242']);
  assert.equal(check('runtime directory').status, 'warning');
  assert.match(check('runtime directory').advice ?? '', /XDG_RUNTIME_DIR=\/run\/user\/4242/);
  const missing = examinedIn(read('missing.json')).check('runtime directory');
  assert.deepEqual(
    [missing.status, missing.found],
    ['warning', `XDG_RUNTIME_DIR: ${join(podman.directory, 'missing')} does not exist`],
  );
  assert.equal(read('launch.err'), '');
});
