import type { Layout } from '../contract/layout.ts';
import type { ArtifactRecord, MissingOutput, OutputsRecord, ParameterRecord } from '../contract/records.ts';
import type { OutputArtifact, Template } from '../settings/template.ts';
import { findWritten } from './find-written.ts';
import type { Mark } from './prepare-outputs.ts';
import { lossOf, NotSaved } from './reasons.ts';
import { saveArtifact } from './save-artifact.ts';
import { saveParameter } from './save-parameter.ts';
import { Skipped } from './skipped.ts';

/** What the outputs are saved from and to. */
export interface OutputsRequest {
  readonly template: Template;
  readonly layout: Layout;
  /** What `prepareOutputs` gave before the job started. */
  readonly mark: Mark | null;
  /** A path without the secrets in it; as it is where there are none. */
  readonly masked?: (path: string) => string;
}

/**
 * Saves a job's parameters and artifacts: those that the template declares, the result file, and the files that the
 * job wrote and that MultiFlexi's patterns fit. One that fails does not cost the others: it is named in `missing`.
 */
export async function saveOutputs({
  template,
  layout,
  mark,
  masked = (path) => path,
}: OutputsRequest): Promise<OutputsRecord> {
  const { artifactBytes: most, parameterBytes } = template.multiflexi.limits;
  const skipped = new Skipped();
  const missing: MissingOutput[] = [];
  const parameters: ParameterRecord[] = [];
  for (const parameter of template.parameters) {
    try {
      parameters.push(saveParameter(parameter, layout, parameterBytes, masked));
    } catch (error) {
      const { name, path } = parameter;
      missing.push({ kind: 'parameter', name, path, optional: false, reason: lossOf(error) });
    }
  }
  const found = findWritten(template, mark, skipped);
  missing.push(...found.missing);
  const saved: Saved[] = [];
  const declared = [...template.artifacts, ...resultFile(template)];
  const others = found.artifacts.filter(({ path }) => !declared.some((artifact) => isBare(artifact, path)));
  for (const artifact of [...declared, ...others]) {
    const taken = saved.map(({ record }) => record.file);
    try {
      const isFile = !template.artifacts.includes(artifact);
      const record =
        twinOf(artifact, saved) ??
        (await saveArtifact({ artifact, layout, skipped, most, isFile, taken, masked }));
      saved.push({ artifact, record });
    } catch (error) {
      const { name, path, optional } = artifact;
      missing.push({ kind: 'artifact', name, path, optional, reason: lossOf(error) });
    }
  }
  return { parameters, artifacts: saved.map(({ record }) => record), missing, skipped: skipped.list() };
}

interface Saved {
  readonly artifact: OutputArtifact;
  readonly record: ArtifactRecord;
}

/** MultiFlexi reads the report that the job writes; that there is none is for the reader to judge. */
function resultFile({ multiflexi: { resultFile } }: Template): readonly OutputArtifact[] {
  if (resultFile === null) return [];
  return [{ name: 'resultFile', path: resultFile, optional: true, archive: { kind: 'none' } }];
}

/** True for an artifact that is this very file, as what a pattern finds would be. */
function isBare({ path, archive }: OutputArtifact, file: string): boolean {
  return path === file && archive.kind === 'none';
}

/** The record of an artifact that would be the same file: one that is wanted twice. */
function twinOf({ name, path, archive }: OutputArtifact, saved: readonly Saved[]): ArtifactRecord | null {
  const twin = saved.find(({ artifact }) => artifact.path === path && artifact.archive.kind === archive.kind);
  if (twin === undefined) return null;
  if (JSON.stringify(twin.artifact.archive) === JSON.stringify(archive)) return { ...twin.record, name };
  throw new NotSaved(`its file is already that of artifact ${twin.artifact.name}, packed at another level`);
}
