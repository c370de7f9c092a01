import { dirname, join } from 'node:path';
import { messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { makeDirectories } from '../../base/make-directories.ts';
import { waitForFile } from '../../contract/wait-for-file.ts';
import type { EngineJob } from '../engine.ts';
import { followSender, type SenderConnection, SenderForbidden } from '../mirror/follow-sender.ts';
import { Mirror } from '../mirror/mirror.ts';
import type { LaunchedJob } from './launched-job.ts';
import { recordLog } from './record-log.ts';

/** A volume that is elsewhere, as far as it has arrived. */
export interface OpenMirror {
  /** Resolves when nothing more will come: the volume was let go, or is gone. */
  readonly received: Promise<void>;
  /** Resolves, with a clause, when the engine forbids to receive more of a job that runs on; else never. */
  readonly forbidden: Promise<string>;
  /** Stops receiving. */
  close(): Promise<void>;
}

/**
 * Mirrors the job's volume from now on; where the engine does not allow that, what its log tells is recorded in the mirror's
 * place. Resolves when there is something to follow.
 *
 * @param start whether an earlier launcher has followed the job: it is not lost where this one may not
 * @throws Fault `volume`, `engine`
 */
export async function openMirror(
  job: LaunchedJob,
  openSender: (container: EngineJob) => Promise<SenderConnection>,
  start: 'starts' | 'has started',
): Promise<OpenMirror> {
  const mirror = new Mirror(job.root, limits.mirrorBytes);
  const stopping = new AbortController();
  const main = join(job.root, 'ctr/main');
  const following = followSender(mirror, () => openSender.call(job.engine, job.container), stopping.signal)
    .catch((error) => {
      if (error instanceof SenderForbidden) return error;
      if (!stopping.signal.aborted) job.screen.note(`emissary: ${messageOf(error)}`, 'warning');
      // Nothing more will come: what is not sealed is lost.
      if (!stopping.signal.aborted) mirror.abandon();
      return undefined;
    })
    .finally(() => mirror.close());
  // Where nothing ever came, there is nothing to wait for, either.
  const over = following.then((forbidden) => {
    if (forbidden === undefined) makeDirectories(main);
    return forbidden;
  });
  // The template comes first: whoever sees a container sees the template.
  makeDirectories(job.root);
  const begun = (async () => {
    for (const path of [dirname(main), main]) await waitForFile(path, stopping.signal);
  })();
  const refusal = await Promise.race([begun, over]);
  const isLogged =
    refusal instanceof SenderForbidden && (start === 'starts' || job.engine.logCommand !== undefined);
  if (isLogged) {
    stopping.abort();
    await recordLog(job, refusal.message);
  } else if (refusal instanceof SenderForbidden) {
    makeDirectories(main);
  }
  return {
    received: over.then(() => undefined),
    forbidden: isLogged ? never() : over.then((later) => later?.message ?? never()),
    close: async () => {
      stopping.abort();
      await over;
    },
  };
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
