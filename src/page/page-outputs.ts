import { limits } from '../base/limits.ts';
import type { ArtifactRecord, OutputsRecord, ParameterRecord } from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';
import type { PageOutput } from './page-model.ts';
import { PreviewReader } from './preview-output.ts';

/** What a page shows of a job's outputs. */
export interface PageOutputs {
  readonly outputs: readonly PageOutput[];
  readonly complaints: readonly string[];
  /** The text of the job's own report; null: it has none. */
  readonly report: string | null;
}

/** Reads the outputs, with a preview of each as far as there is room for them on one page. */
export async function readOutputs(volume: Volume, records: readonly OutputsRecord[]): Promise<PageOutputs> {
  const previews = new PreviewReader(volume);
  const outputs: PageOutput[] = [];
  let report: string | null = null;
  const add = async (kind: PageOutput['kind'], record: ParameterRecord | ArtifactRecord) => {
    if (outputs.length >= limits.pageOutputs) return;
    const { name, path, bytes, sha256 } = record;
    const preview = await previews.of(record);
    if (name === 'resultFile' && preview.kind === 'json') report = preview.text;
    outputs.push({ kind, name, path, bytes, sha256, preview });
  };
  for (const { parameters, artifacts } of records) {
    for (const record of parameters) await add('parameter', record);
    for (const record of artifacts) await add('artifact', record);
  }
  const complaints = records.flatMap(({ missing, skipped }) => [
    ...missing.map(({ kind, name, reason }) => `The ${kind} "${name}" is missing: ${reason}`),
    ...skipped.map(({ path, reason }) => `"${path}" was left out: ${reason}`),
  ]);
  return { outputs, complaints: complaints.slice(0, limits.pageOutputs), report };
}
