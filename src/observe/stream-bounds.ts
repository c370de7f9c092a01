import type { Result } from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';

/** How much of a captured file is read. */
export interface StreamBound {
  readonly bytes: number;
  /** Whether this is the wrapper's own count; if not, the wrapper has not recorded it yet, or never will. */
  readonly isCounted: boolean;
}

/** The streams of a container. */
export const streams = ['stdout', 'stderr'] as const;

/**
 * The bounds of the job's captured streams. A job can make a file on its volume arbitrarily large: only the bytes that
 * the wrapper recorded count, and never more than this reporter's limit.
 */
export class StreamBounds {
  readonly #limit: number;
  readonly #resultOf: (name: string) => Result | null;

  /**
   * @param limit bytes of one stream; 0 = no limit
   * @param resultOf a container's result; null as long as there is none
   */
  constructor(limit: number, resultOf: (name: string) => Result | null) {
    this.#limit = limit === 0 ? Number.POSITIVE_INFINITY : limit;
    this.#resultOf = resultOf;
  }

  of(name: string, stream: (typeof streams)[number]): StreamBound {
    const counted = this.#resultOf(name)?.[stream].bytes ?? null;
    if (counted === null || counted > this.#limit) return { bytes: this.#limit, isCounted: false };
    return { bytes: counted, isCounted: true };
  }

  /** Sentences about streams that exceed their bound and were cut off. */
  complaints(volume: Volume, names: readonly string[]): readonly string[] {
    return names.flatMap((name) =>
      streams.flatMap((stream) => {
        const { bytes, isCounted } = this.of(name, stream);
        const found = volume.sizeOf(`ctr/${name}/${stream}`) ?? 0;
        if (found <= bytes) return [];
        const reason = isCounted ? 'its wrapper wrote' : 'EMISSARY_LOG_LIMIT_BYTES allows';
        return [
          `${stream} of container ${name} has ${found} bytes, but ${reason} only ${bytes}: the rest is not stored`,
        ];
      }),
    );
  }
}
