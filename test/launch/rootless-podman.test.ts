import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { copiedHostProgram, examinedIn } from '../helpers/doctor.ts';
import { requireProgram } from '../helpers/require.ts';
import { emptyImage, rootlessPodman } from '../helpers/rootless-podman.ts';

const job = `launch --engine podman --image ${emptyImage} --network none -- /run/multiflexi-emissary/emissary --version`;
const sentence =
  /^emissary: podman runs as 4242: .*logged out; to keep them running: loginctl enable-linger 4242\n$/;

const logout =
  /^emissary: podman runs as 4242 without lingering: if this user has logged out, systemd has ended its jobs; to keep them running: loginctl enable-linger 4242$/m;
const endless = 'echo ready; while :; do sleep 1; done';
const busyboxImage = 'localhost/busybox:1';
const makeBusyboxImage = `mkdir -p tree/bin tree/tmp; cp $(command -v busybox) tree/bin/busybox; ln -s busybox tree/bin/sh
    tar -C tree -c . | podman import - ${busyboxImage}`;

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

test('rootless podman without lingering: jobs that a logout has ended are told so', async (t) => {
  const podman = await rootlessPodman(t);
  if (podman === null || !requireProgram(t, 'busybox')) return;
  const program = copiedHostProgram(t, { withPodProgram: true });
  const launch = (id: number, script: string) =>
    `${program} launch --engine podman --image ${busyboxImage} --network none --job-id ${id} --report none -- sh -c '${script}'`;
  const [stubborn, polite] = [launch(5, `trap "" TERM; ${endless}`), launch(6, endless)];
  const script = `${makeBusyboxImage}
    ${stubborn} > first.out 2> first.err & until grep -q ready first.out; do sleep 0.1; done
    kill -TERM -1; kill -KILL -1; wait; rm -rf run/*
    ${program} list > list.out 2> list.err
    ${stubborn} > lost.out 2> lost.err; echo $? > lost.status
    ${polite} > ended.out 2> ended.err & until grep -q ready ended.out; do sleep 0.1; done
    for each in /proc/[0-9]*; do
      tr '\\0' ' ' < $each/cmdline | grep -q 'emissary run \\|conmon \\|system service' && kill -TERM \${each#/proc/}
    done
    wait $!; echo $? > ended.status`;
  await podman.run(script, false);
  const read = (name: string) => readFileSync(join(podman.directory, name), 'utf8');
  assert.match(read('list.out'), /^job-5 +podman +lost /m);
  assert.match(read('list.err'), logout);
  assert.deepEqual([read('lost.status'), read('lost.out')], ['137\n', 'ready\n']);
  assert.match(read('lost.err'), logout);
  assert.deepEqual([read('ended.status'), read('ended.out')], ['143\n', 'ready\n']);
  assert.match(read('ended.err'), logout);
  assert.deepEqual(readdirSync(join(podman.directory, 'state/jobs')), []);
});

test('rootless podman: results and leftovers of several users, in closed directories, come and go', async (t) => {
  const podman = await rootlessPodman(t, 'many');
  if (podman === null || !requireProgram(t, 'busybox')) return;
  const program = copiedHostProgram(t, { withPodProgram: true });
  const file = (name: string) => join(podman.directory, name);
  const outputs = { artifacts: [{ name: 'files', path: '/tmp/out', archive: { none: {} } }] };
  writeFileSync(file('template'), JSON.stringify({ outputs }));
  const closed = (path: string, user: number) =>
    `mkdir -p ${path}; echo ${user} > ${path}/file; chmod 0700 ${path}; chown -R ${user}:${user} ${path}`;
  const job = [
    ...[closed('/tmp/out/one', 1001), closed('/tmp/out/two', 1002)],
    closed('/var/run/argo/mess', 1003),
    'ls -ln /var/run/argo',
  ].join('; ');
  const script = `${makeBusyboxImage}
    ${program} launch --engine podman --image ${busyboxImage} --network none --user 0:0 --template template \
      --job-id 5 --results results -- sh -c '${job}' > launch.out 2> launch.err
    echo $? > status; find state/jobs -mindepth 1 > left; podman ps --all --quiet >> left`;
  await podman.run(script, true);
  const read = (name: string) => readFileSync(file(name), 'utf8');
  assert.deepEqual([read('status'), read('launch.err')], ['0\n', '']);
  assert.match(read('launch.out'), / 1003 +1003 .* mess$/m);
  const archive = file('results/5/outputs/artifacts/tmp/out.tar');
  const content = (path: string) => execFileSync('tar', ['-xOf', archive, path]).toString();
  assert.deepEqual([content('out/one/file'), content('out/two/file')], ['1001\n', '1002\n']);
  assert.deepEqual([read('left'), readdirSync(file('state/jobs'))], ['', []]);
});
