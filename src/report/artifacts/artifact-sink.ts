import { DeliveryError } from '../../base/delivery-error.ts';
import { Fault } from '../../base/fault.ts';
import { joinLimited, shorten } from '../../base/shorten.ts';
import type { ArtifactRecord } from '../../contract/records.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import type { Template } from '../../settings/template/template.ts';
import { withSecrets } from '../../settings/with-secrets.ts';
import { StoreError } from '../../stores/object-store.ts';
import { openStore } from '../../stores/open-store.ts';
import { Pace } from '../../stores/pace.ts';
import { putObject } from '../../stores/put-object.ts';
import type { Progress, Sink } from '../sink.ts';
import type { Spool } from '../spool/spool.ts';
import { VolumeSource } from '../stores/volume-source.ts';
import { PutRecord } from './put-record.ts';
import { type StoredArtifact, storedArtifacts } from './stored-artifacts.ts';

/** Where the artifacts of a template go. */
export interface Destinations {
  /** Given to the reporter itself: whoever names the server gets the credentials. Null: it was only found on the volume. */
  readonly template: Template | null;
  readonly jobId: number | null;
  /** Has the credentials of the stores. */
  readonly environment: Environment;
}

/**
 * Puts each artifact of a template to the object that the template names for it, once the job has ended. What was put is
 * remembered in the spool.
 */
export class ArtifactSink implements Sink {
  readonly name = "The artifacts' stores";
  readonly bestEffort = false;
  readonly isPartial = true;
  readonly #destinations: Destinations;
  readonly #spool: Spool;
  readonly #closed = new AbortController();

  constructor(destinations: Destinations, spool: Spool) {
    this.#destinations = destinations;
    this.#spool = spool;
  }

  async deliver({ report }: Progress, advanced: () => boolean): Promise<readonly string[]> {
    if (report === null) return [];
    const { template, jobId } = this.#destinations;
    if (template === null) throw new DeliveryError(notGiven, { permanent: true });
    const refused: string[] = [];
    const taken = new Map<string, ArtifactRecord>();
    for (const artifact of storedArtifacts(report, template, jobId)) {
      const sentence = occupied(artifact, taken) ?? (await this.#put(artifact, advanced));
      if (sentence !== null) refused.push(sentence);
      if (!advanced()) break;
    }
    if (refused.length > 0) throw new DeliveryError(joinLimited(refused), { permanent: true });
    return [];
  }

  async close(): Promise<void> {
    this.#closed.abort(new DeliveryError('The delivery was given up', { permanent: false }));
  }

  /** @returns a sentence if it cannot be put */
  async #put(artifact: StoredArtifact, advanced: () => boolean): Promise<string | null> {
    const { record, object, index } = artifact;
    const remembered = new PutRecord(this.#spool, index, record);
    if (remembered.isPut) return null;
    const cannot = (reason: string) => `Cannot put artifact "${shorten(record.name)}": ${reason}`;
    if (!record.file.startsWith('outputs/')) return cannot('it is not among the outputs');
    const source = VolumeSource.open(this.#spool.volume, record.file, record.bytes);
    if (source === null) return cannot('it does not exist');
    if (typeof source === 'string') return cannot(`it ${source}`);
    try {
      if (source.isCut || source.bytes < record.bytes) return cannot('it has changed since it was saved');
      const environment = withSecrets(this.#destinations.environment, object.secrets);
      const store = await openStore(new URL(object.store), environment);
      try {
        await putObject(store, object.key, source, {
          about: { type: artifact.type, sha256: record.sha256 },
          pace: new Pace(),
          upload: remembered.upload,
          keep: (upload) => remembered.keep(upload),
          advanced: () => {
            if (!advanced()) this.#closed.abort();
          },
          signal: this.#closed.signal,
        });
      } finally {
        store.close();
      }
      remembered.put();
      return null;
    } catch (error) {
      // A Secret that is missing here keeps no other artifact back.
      if (error instanceof Fault) return cannot(error.message);
      if (!(error instanceof StoreError)) throw error;
      return this.#explain(error, cannot);
    } finally {
      source.close();
    }
  }

  /** @throws DeliveryError if it may work later */
  #explain(error: StoreError, cannot: (reason: string) => string): string {
    if (error.kind === 'busy' || error.kind === 'broken')
      throw new DeliveryError(cannot(error.message), {
        permanent: false,
        retryAfterMs: error.retryAfterMs,
        cause: error,
      });
    return cannot(error.message);
  }
}

/** A sentence if another artifact of the job has gone to its object. @param taken those before it, by their objects */
function occupied({ record, object }: StoredArtifact, taken: Map<string, ArtifactRecord>): string | null {
  const place = `${object.store} ${object.key}`;
  const other = taken.get(place) ?? record;
  taken.set(place, other);
  if (other.sha256 === record.sha256) return null;
  const [name, first] = [record.name, other.name].map((each) => shorten(each));
  return `Cannot put artifact "${name}": it would replace artifact "${first}", which has the same key`;
}

const notGiven =
  'Cannot put the artifacts: the template is only on the volume, which the job can write to; give it to the reporter, too (EMISSARY_TEMPLATE)';
