import type { Layout } from '../contract/layout.ts';
import type { ArtifactRecord, MissingOutput, OutputsRecord, ParameterRecord } from '../contract/records.ts';
import type { OutputArtifact, Template } from '../settings/template/template.ts';
import { findWritten } from './find/find-written.ts';
import type { StartStamp } from './prepare-outputs.ts';
import { lossOf, NotSaved } from './reasons.ts';
import { saveArtifact } from './save-artifact.ts';
import { saveParameter } from './save-parameter.ts';
import { Saving, type SavingOptions, Stopped } from './saving.ts';
import { Skipped } from './skipped.ts';

/** What the outputs are saved from and to. */
export interface OutputsRequest extends SavingOptions {
  readonly template: Template;
  readonly layout: Layout;
  /** What `prepareOutputs` gave before the job started. */
  readonly mark: StartStamp | null;
  /** A path without the secrets in it; as it is where there are none. */
  readonly masked?: (path: string) => string;
}

/** What became of the outputs. */
export interface SavedOutputs {
  readonly outputs: OutputsRecord;
  /** Where saving was stopped: why, and what of `missing` is missing for that. */
  readonly stopped: { readonly reason: string; readonly unsaved: readonly MissingOutput[] } | null;
}

/**
 * Saves a job's parameters and artifacts: those that the template declares, the result file, and the files that the
 * job wrote and that MultiFlexi's patterns fit. One that fails does not cost the others: it is named in `missing`.
 * When it is stopped it ends at once, and all that is not saved is named there, too.
 */
export async function saveOutputs(request: OutputsRequest): Promise<SavedOutputs> {
  const { template, layout, mark, signal, masked = (path) => path } = request;
  const { artifactBytes: most, parameterBytes } = template.multiflexi.limits;
  const saving = new Saving(request);
  const skipped = new Skipped();
  const missing: MissingOutput[] = [];
  const unsaved: MissingOutput[] = [];
  const miss = (output: Omit<MissingOutput, 'reason'>, error: unknown) => {
    const { kind, name, path, optional } = output;
    const missed: MissingOutput = { kind, name, path, optional, reason: lossOf(error) };
    missing.push(missed);
    if (error instanceof Stopped) unsaved.push(missed);
  };
  const parameters: ParameterRecord[] = [];
  for (const parameter of template.parameters) {
    try {
      await saving.begin(parameter.name);
      const taken = parameters.map(({ file }) => file);
      parameters.push(saveParameter(parameter, layout, parameterBytes, { masked, taken }));
      saving.countFile();
    } catch (error) {
      miss({ ...parameter, kind: 'parameter', optional: false }, error);
    }
  }
  const found = await findWritten(template, mark, { skipped, saving });
  missing.push(...found.missing);
  if (found.isStopped) unsaved.push(...found.missing);
  const saved: Saved[] = [];
  const declared = [...template.artifacts, ...resultFile(template)];
  const others = found.artifacts.filter(({ path }) => !declared.some((artifact) => isBare(artifact, path)));
  for (const artifact of [...declared, ...others]) {
    const taken = saved.map(({ record }) => record.file);
    try {
      await saving.begin(artifact.name);
      const isFile = !template.artifacts.includes(artifact);
      const more = { layout, skipped, most, isFile, taken, masked, saving };
      saved.push({
        artifact,
        record: twinOf(artifact, saved) ?? (await saveArtifact({ artifact, ...more })),
      });
    } catch (error) {
      miss({ ...artifact, kind: 'artifact' }, error);
    }
  }
  const artifacts = saved.map(({ record }) => record);
  const outputs = { parameters, artifacts, missing, skipped: skipped.list() };
  return { outputs, stopped: unsaved.length === 0 ? null : { reason: String(signal.reason), unsaved } };
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
