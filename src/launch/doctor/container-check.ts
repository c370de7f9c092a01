import { randomBytes } from 'node:crypto';
import { getgid, getuid } from 'node:process';
import { makeEmptyImage, removeEmptyImage } from '../docker/image/empty-image.ts';
import { openDocker } from '../docker/open-docker.ts';
import { programPath } from '../engine.ts';
import { installedProgram } from '../job/installed-program.ts';
import { type Check, failed, ok, skipped } from './check.ts';
import type { EngineAccess } from './engine-access.ts';
import { type Subject, setupOf } from './subject.ts';
import { type TrialEnd, tryJob } from './trial-job.ts';

/** A container can be made, sees our directories, and starts our program: as `launch` does it, in an empty image. */
export function containerCheck(access: EngineAccess, subject: Subject): Check {
  const remedy =
    access.name === 'docker'
      ? "look into the engine's log: journalctl -u docker"
      : 'try it alone: podman run --rm --network none IMAGE COMMAND; its limits are in containers.conf';
  return {
    name: 'container',
    needs: ['pod program', 'state directory', 'disk space', 'API'],
    remedy,
    cleansUp: true,
    async examine(signal) {
      if (!(await access.connect()).isLocal)
        return skipped('the engine is on another machine; launch a job to try it');
      const { exitCode, stdout } = await runVersion(access, subject, signal);
      const said = stdout.trim();
      if (exitCode !== 0) return failed(`emissary --version exited with ${exitCode} in a container`, remedy);
      return /^emissary \S+$/.test(said)
        ? ok(`${said} ran in a container with this machine's directories`)
        : failed('the output of emissary --version did not arrive from a container', remedy);
    },
  };
}

async function runVersion(access: EngineAccess, subject: Subject, signal: AbortSignal): Promise<TrialEnd> {
  const setup = setupOf(subject);
  const { podProgram, state } = setup;
  const engine = await openDocker(access.name, setup);
  const connection = await access.connect();
  const image = `localhost/emissary-doctor-${randomBytes(4).toString('hex')}`;
  const programs = await installedProgram(podProgram, state);
  const user = await containerUser(access);
  try {
    await makeEmptyImage(connection, image);
    const command = [`${programPath}/emissary`, '--version'];
    return await tryJob({ engine, podProgram, state, image, command, programs, user }, signal);
  } finally {
    await removeEmptyImage(connection, image);
  }
}

/** The user whose files this user may remove again. Of a rootless engine, that is its root. */
async function containerUser(access: EngineAccess): Promise<string | null> {
  const uid = getuid?.() ?? 0;
  return uid === 0 || (await access.isRootless()) ? null : `${uid}:${getgid?.() ?? 0}`;
}
