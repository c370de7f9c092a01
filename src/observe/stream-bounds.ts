import type { Result } from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';

/** How much of a captured file is taken. */
export interface StreamBound {
  readonly bytes: number;
  /** It is the wrapper's own count; else the wrapper has not told it yet, or never will. */
  readonly isCounted: boolean;
}

/** The streams of a container. */
export const streams = ['stdout', 'stderr'] as const;

/**
 * The bounds of the job's captured streams. A job can make a file on its volume as large as it likes: what counts is what
 * the wrapper says that it has written, and never more than the limit of this sidecar.
 */
export class StreamBounds {
  readonly #limit: number;
  readonly #resultOf: (name: string) => Result | null;

  /**
   * @param limit bytes of one stream; 0 = none
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

  /** Sentences about what is larger than its bound, and was cut. */
  complaints(volume: Volume, names: readonly string[]): readonly string[] {
    return names.flatMap((name) =>
      streams.flatMap((stream) => {
        const { bytes, isCounted } = this.of(name, stream);
        const found = volume.sizeOf(`ctr/${name}/${stream}`) ?? 0;
        if (found <= bytes) return [];
        const reason = isCounted ? 'its wrapper has written' : 'EMISSARY_LOG_LIMIT_BYTES allows';
        return [
          `${stream} of container ${name} has ${found} bytes, and ${reason} ${bytes}: what is beyond is not stored`,
        ];
      }),
    );
  }
}
