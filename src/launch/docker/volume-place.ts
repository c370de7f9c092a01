import type { ContainerCreateOptions } from 'dockerode';
import type { EngineJob } from '../engine.ts';
import type { SenderConnection } from '../mirror/follow-sender.ts';

/** Where an engine's volumes are, and how a job's container gets to its volume, its program and its secrets. */
export interface VolumePlace {
  /** What the engine is asked to create, once `provide` has ended. */
  request(job: EngineJob): Promise<ContainerCreateOptions>;
  /** Makes what the container mounts. The job's image is there. */
  provide(job: EngineJob, phase: (text: string) => void): Promise<void>;
  /** The container was created, and not started. */
  complete(job: EngineJob): Promise<void>;
  /** Starts what has to run beside the job. */
  start(job: EngineJob): Promise<void>;
  /** Removes what `provide` has made; the job's container is gone. */
  remove(job: Pick<EngineJob, 'name'>): Promise<void>;
  /** Null: the volume is a directory of this host. */
  readonly openSender: ((job: EngineJob) => Promise<SenderConnection>) | null;
}
