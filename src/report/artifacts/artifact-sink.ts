import { DeliveryError } from '../../base/delivery-error.ts';
import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
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
import { PutProgress } from '../stores/put-progress.ts';
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
  /** Sentences about artifacts that no repetition puts, by their indices. */
  readonly #refused = new Map<number, string>();
  readonly #progress = new PutProgress();
  readonly #closed = new AbortController();

  constructor(destinations: Destinations, spool: Spool) {
    this.#destinations = destinations;
    this.#spool = spool;
  }

  async deliver({ report }: Progress, advanced: () => boolean): Promise<readonly string[]> {
    if (report === null) return [];
    const { template, jobId } = this.#destinations;
    if (template === null) throw new DeliveryError(notGiven, { permanent: true });
    const servers = new Map<string, StoredArtifact[]>();
    const taken = new Map<string, ArtifactRecord>();
    for (const artifact of storedArtifacts(report, template, jobId)) {
      const sentence = occupied(artifact, taken);
      if (sentence !== null) this.#refused.set(artifact.index, sentence);
      if (this.#refused.has(artifact.index) || this.#recordOf(artifact).isPut) continue;
      const server = serverOf(artifact);
      servers.set(server, [...(servers.get(server) ?? []), artifact]);
    }
    const failures: DeliveryError[] = [];
    const queue = servers.values();
    const lane = async () => {
      for (const artifacts of queue) failures.push(...(await this.#putAll(artifacts, advanced)));
    };
    await Promise.all(Array.from({ length: limits.storesAtOnce }, lane));
    const sentences = [...this.#refused.values(), ...failures.map(({ message }) => message)];
    const [first = null] = failures;
    const permanent = first === null;
    if (sentences.length > 0)
      throw new DeliveryError(joinLimited(sentences), {
        permanent,
        retryAfterMs: first?.retryAfterMs ?? null,
        cause: first,
      });
    return [];
  }

  async close(): Promise<void> {
    this.#closed.abort(new DeliveryError('The delivery was given up', { permanent: false }));
  }

  /**
   * Puts the artifacts of one server, one after the other: each has parts of its own.
   * @returns why some are not put, which may work later
   */
  async #putAll(artifacts: readonly StoredArtifact[], advanced: () => boolean): Promise<DeliveryError[]> {
    const failures: DeliveryError[] = [];
    for (const artifact of artifacts) {
      if (this.#closed.signal.aborted) break;
      try {
        const sentence = await this.#put(artifact, advanced);
        if (sentence !== null) this.#refused.set(artifact.index, sentence);
      } catch (error) {
        if (!(error instanceof DeliveryError)) throw error;
        failures.push(error);
      }
    }
    return failures;
  }

  #recordOf({ index, record }: StoredArtifact): PutRecord {
    return new PutRecord(this.#spool, index, record);
  }

  /** @returns a sentence if it cannot be put */
  async #put(artifact: StoredArtifact, advanced: () => boolean): Promise<string | null> {
    const { record, object } = artifact;
    const remembered = this.#recordOf(artifact);
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
          advanced: this.#progress.attempt(String(artifact.index), () => {
            if (!advanced()) this.#closed.abort();
          }),
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

/** A server that is down, or silent, delays no artifact of another one. */
function serverOf({ object: { store } }: StoredArtifact): string {
  const { protocol, origin } = new URL(store);
  return /^https?:$/.test(protocol) ? origin : store;
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
