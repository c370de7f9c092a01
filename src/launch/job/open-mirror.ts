import { join } from 'node:path';
import { messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { makeDirectories } from '../../base/make-directories.ts';
import { waitForFile } from '../../contract/wait-for-file.ts';
import type { EngineJob } from '../engine.ts';
import { followSender, type SenderConnection } from '../mirror/follow-sender.ts';
import { Mirror } from '../mirror/mirror.ts';
import type { LaunchedJob } from './launched-job.ts';

/** A volume that is elsewhere, as far as it has arrived. */
export interface OpenMirror {
  /** Stops receiving. */
  close(): Promise<void>;
}

/** Mirrors the job's volume from now on. Resolves when there is something to follow. */
export async function openMirror(
  job: LaunchedJob,
  openSender: (container: EngineJob) => Promise<SenderConnection>,
): Promise<OpenMirror> {
  const mirror = new Mirror(job.root, limits.mirrorBytes);
  const stopping = new AbortController();
  const following = followSender(mirror, () => openSender.call(job.engine, job.container), stopping.signal)
    .catch((error) => {
      if (!stopping.signal.aborted) job.screen.note(`emissary: ${messageOf(error)}`);
      // Nothing more will come: what is not sealed is lost.
      if (!stopping.signal.aborted) mirror.abandon();
    })
    .finally(() => {
      mirror.close();
      // Where nothing ever came, there is nothing to wait for, either.
      makeDirectories(join(job.root, 'ctr/main'));
    });
  // The template comes first: whoever sees a container sees the template.
  makeDirectories(job.root);
  for (const path of ['ctr', 'ctr/main']) await waitForFile(join(job.root, path), stopping.signal);
  return {
    close: async () => {
      stopping.abort();
      await following;
    },
  };
}
