import type { Layout } from '../contract/layout.ts';
import type { ArtifactRecord, MissingOutput, OutputsRecord, ParameterRecord } from '../contract/records.ts';
import type { OutputArtifact, Template } from '../settings/template/template.ts';
import { findWritten } from './find/find-written.ts';
import { Masking } from './masking.ts';
import type { TextMask } from './member-reader.ts';
import type { StartStamp } from './prepare-outputs.ts';
import { missingReason, NotSaved } from './reasons.ts';
import { saveArtifact } from './save-artifact.ts';
import { saveParameter } from './save-parameter.ts';
import { Saving, type SavingOptions, Stopped } from './saving.ts';
import { Skipped } from './skipped.ts';

/** What to save, and where. */
export interface OutputsRequest extends SavingOptions {
  readonly template: Template;
  readonly layout: Layout;
  /** What `prepareOutputs` returned before the job started. */
  readonly startStamp: StartStamp | null;
  /** Masks the secrets in a path; by default, nothing is masked. */
  readonly masked?: (path: string) => string;
  /** Masks secrets in text files: those of every artifact, unless it says otherwise. Null: there are no secrets. */
  readonly textMask?: { readonly make: () => TextMask; readonly isDefault: boolean } | null;
}

/** The saved outputs. */
export interface SavedOutputs {
  readonly outputs: OutputsRecord;
  /** If saving was stopped: why, and which of `missing` are missing because of that. */
  readonly stopped: { readonly reason: string; readonly unsaved: readonly MissingOutput[] } | null;
}

/**
 * Saves a job's parameters and artifacts: those that the template declares, the result file, and the files that the job
 * wrote and that match MultiFlexi's patterns. An output that fails does not affect the others; it is listed in
 * `missing`. A stop ends saving at once; then everything unsaved is listed there, too.
 */
export async function saveOutputs(request: OutputsRequest): Promise<SavedOutputs> {
  const { template, startStamp, signal } = request;
  const saving = new Saving(request);
  const skipped = new Skipped();
  const losses = new Losses();
  const parameters = await saveParameters(request, saving, losses);
  const found = await findWritten(template, startStamp, { skipped, saving });
  losses.missing.push(...found.missing);
  if (found.isStopped) losses.unsaved.push(...found.missing);
  const declared = [...template.artifacts, ...resultFile(template)];
  const others = found.artifacts.filter(({ path }) => !declared.some((artifact) => isBare(artifact, path)));
  const artifacts = await saveArtifacts(request, [...declared, ...others], { saving, skipped, losses });
  const { missing, unsaved } = losses;
  const outputs = { parameters, artifacts, missing, skipped: skipped.list() };
  return { outputs, stopped: unsaved.length === 0 ? null : { reason: String(signal.reason), unsaved } };
}

/** The outputs that could not be saved. */
class Losses {
  readonly missing: MissingOutput[] = [];
  /** Those of `missing` that are missing because saving was stopped. */
  readonly unsaved: MissingOutput[] = [];

  add({ kind, name, path, optional }: Omit<MissingOutput, 'reason'>, error: unknown): void {
    const missed: MissingOutput = { kind, name, path, optional, reason: missingReason(error) };
    this.missing.push(missed);
    if (error instanceof Stopped) this.unsaved.push(missed);
  }
}

async function saveParameters(
  { template, layout, masked = unmasked }: OutputsRequest,
  saving: Saving,
  losses: Losses,
): Promise<readonly ParameterRecord[]> {
  const { parameterBytes } = template.multiflexi.limits;
  const parameters: ParameterRecord[] = [];
  for (const parameter of template.parameters) {
    try {
      await saving.begin(parameter.name);
      const taken = parameters.map(({ file }) => file);
      parameters.push(saveParameter(parameter, layout, parameterBytes, { masked, taken }));
      saving.countFile();
    } catch (error) {
      losses.add({ ...parameter, kind: 'parameter', optional: false }, error);
    }
  }
  return parameters;
}

async function saveArtifacts(
  { template, layout, masked = unmasked, textMask = null }: OutputsRequest,
  artifacts: readonly OutputArtifact[],
  {
    saving,
    skipped,
    losses,
  }: { readonly saving: Saving; readonly skipped: Skipped; readonly losses: Losses },
): Promise<readonly ArtifactRecord[]> {
  const { artifactBytes: maxBytes } = template.multiflexi.limits;
  const saved: Saved[] = [];
  for (const artifact of artifacts) {
    const taken = saved.map(({ record }) => record.file);
    try {
      await saving.begin(artifact.name);
      const isFile = !template.artifacts.includes(artifact);
      const isMasked = artifact.mask ?? textMask?.isDefault;
      const masking = textMask !== null && isMasked === true ? new Masking(textMask.make) : null;
      const more = { layout, skipped, maxBytes, isFile, taken, masked, saving, masking };
      saved.push({
        artifact,
        record: twinOf(artifact, saved) ?? (await saveArtifact({ artifact, ...more })),
      });
    } catch (error) {
      losses.add({ ...artifact, kind: 'artifact' }, error);
    }
  }
  return saved.map(({ record }) => record);
}

function unmasked(path: string): string {
  return path;
}

interface Saved {
  readonly artifact: OutputArtifact;
  readonly record: ArtifactRecord;
}

/** The report that the job writes for MultiFlexi; optional, since MultiFlexi decides what its absence means. */
function resultFile({ multiflexi: { resultFile } }: Template): readonly OutputArtifact[] {
  if (resultFile === null) return [];
  return [{ name: 'resultFile', path: resultFile, optional: true, archive: { kind: 'none' } }];
}

/** Whether an artifact is this file, unpacked, like the files that patterns find. */
function isBare({ path, archive }: OutputArtifact, file: string): boolean {
  return path === file && archive.kind === 'none';
}

/** The record of an earlier artifact with the same path and format, if one is declared twice. */
function twinOf(
  { name, path, archive, mask }: OutputArtifact,
  saved: readonly Saved[],
): ArtifactRecord | null {
  const twin = saved.find(({ artifact }) => artifact.path === path && artifact.archive.kind === archive.kind);
  if (twin === undefined) return null;
  const isSame =
    JSON.stringify(twin.artifact.archive) === JSON.stringify(archive) && twin.artifact.mask === mask;
  if (isSame) return { ...twin.record, name };
  throw new NotSaved(`artifact ${twin.artifact.name} is already saved to the same file with other options`);
}
