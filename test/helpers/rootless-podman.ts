import { chownSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { execa } from 'execa';
import { engineOf } from './engine.ts';
import { lacks, requireProgram, requireRoot } from './require.ts';
import { temporaryVolume } from './volume.ts';

/** A user without a name and without subordinate IDs, unless a test gives them. */
export const stranger = 4242;
/** The first of those. */
const firstSubordinate = 200_000;

/** A podman of the stranger's own, with an image that has nothing in it. */
export interface RootlessPodman {
  /** Becomes `$HOME`; the state directory is `state` below it. */
  readonly directory: string;
  /**
   * Runs a script as the stranger, on a machine that was started by systemd. All of its processes are killed at its end.
   *
   * @param lingers whether the stranger's services outlive the last logout
   */
  run(script: string, lingers: boolean): Promise<void>;
}

/** The name of that image. */
export const emptyImage = 'localhost/empty:1';

const asStranger = `set -e
mount -t tmpfs none /run; mkdir -p /run/systemd/system /var/lib/systemd
if [ "$3" = many ]; then
  { cat /etc/passwd; echo stranger:x:${stranger}:${stranger}::/:/bin/sh; } > /run/passwd
  echo stranger:${firstSubordinate}:65536 > /run/ids
  mount --bind /run/passwd /etc/passwd
  for ids in /etc/subuid /etc/subgid; do mount --bind /run/ids $ids; done
fi
mount -t tmpfs none /var/lib/systemd; mkdir /var/lib/systemd/linger
test "$1" = off || touch /var/lib/systemd/linger/${stranger} /var/lib/systemd/linger/stranger
cd "$HOME"
# The number of a process of the run before.
rm -f run/libpod/tmp/pause.pid
exec setpriv --reuid ${stranger} --regid ${stranger} --clear-groups sh -c "$2"`;

/**
 * Null after the test was skipped because this machine has no rootless podman; in CI that is a failure.
 *
 * @param ids whether the stranger has a name and subordinate IDs: `many`
 */
export async function rootlessPodman(
  t: TestContext,
  ids: 'single' | 'many' = 'single',
): Promise<RootlessPodman | null> {
  const programs = ['podman', 'unshare', 'setpriv', ...(ids === 'many' ? ['newuidmap'] : [])];
  if (!requireRoot(t) || !programs.every((name) => requireProgram(t, name))) return null;
  const directory = join(temporaryVolume(t), 'home');
  const [runtime, storage] = [join(directory, 'run'), join(directory, 'storage.conf')];
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  // A single ID, and no file system of its own: the files of an image keep no owners.
  const single = '[storage.options]\nignore_chown_errors = "true"\n';
  writeFileSync(storage, `[storage]\ndriver = "vfs"\n${ids === 'single' ? single : ''}`);
  const { CONTAINERS_CONF: needed } = engineOf('podman').env;
  const settings = join(directory, 'containers.conf');
  if (needed !== undefined) copyFileSync(needed, settings);
  for (const path of [directory, runtime]) chownSync(path, stranger, stranger);
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    TMPDIR: directory,
    XDG_RUNTIME_DIR: runtime,
    CONTAINERS_STORAGE_CONF: storage,
    EMISSARY_STATE_DIR: join(directory, 'state'),
    ...(needed !== undefined && { CONTAINERS_CONF: settings }),
  };
  const start = (script: string, lingering: 'on' | 'off') =>
    execa(
      'unshare',
      [
        ...['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
        ...['sh', '-c', asStranger, 'sh', lingering, script, ids],
      ],
      { env, extendEnv: false, reject: false },
    );
  const made = await start(`head -c 1024 /dev/zero | podman import - ${emptyImage}`, 'on');
  if (made.exitCode !== 0) {
    lacks(t, `rootless podman does not work here (${made.stderr.split('\n').at(-1)})`);
    return null;
  }
  return {
    directory,
    async run(script, lingers) {
      const { exitCode, stderr } = await start(script, lingers ? 'on' : 'off');
      if (exitCode !== 0) throw new Error(`the script failed: ${stderr}`);
    },
  };
}
