import { closeSync } from 'node:fs';
import { limits } from '../base/limits.ts';
import { readUpTo } from '../base/read-regular.ts';
import type { ArtifactRecord, ParameterRecord } from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';
import { archiveEntries } from './archive-entries.ts';
import type { PagePreview } from './page-model.ts';
import { previewBytes } from './preview-bytes.ts';

/** Reads previews of outputs, as long as there is room on the page. */
export class PreviewReader {
  readonly #volume: Volume;
  #room: number = limits.pagePreviewsBytes;
  readonly #budget = { bytes: limits.pageArchiveBytes };

  constructor(volume: Volume) {
    this.#volume = volume;
  }

  async of(record: ParameterRecord | ArtifactRecord): Promise<PagePreview> {
    if (this.#room <= 0) return none('There is no room for its preview on this page.');
    // The record may be forged.
    const opened = record.file.startsWith('outputs/') ? this.#volume.openFile(record.file) : null;
    if (opened === null || 'kind' in opened) return none('It cannot be read.');
    const { descriptor, size } = opened;
    try {
      const archive = 'archive' in record ? record.archive : 'none';
      const preview =
        archive === 'none'
          ? await previewBytes(record.path, size, (most) => readUpTo(descriptor, most))
          : await archiveEntries(descriptor, archive, this.#budget);
      this.#room -= JSON.stringify(preview).length;
      return preview;
    } catch {
      return none('It cannot be read.');
    } finally {
      closeSync(descriptor);
    }
  }
}

function none(reason: string): PagePreview {
  return { kind: 'none', reason };
}
