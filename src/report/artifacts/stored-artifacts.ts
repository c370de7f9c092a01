import { basename } from 'node:path';
import { DeliveryError } from '../../base/delivery-error.ts';
import type { ArtifactRecord } from '../../contract/records.ts';
import type { JobReport } from '../../observe/job-report.ts';
import type { RemoteObject } from '../../settings/template/remote-object.ts';
import type { OutputArtifact, Template } from '../../settings/template/template.ts';

/** An artifact that was saved, and where it goes. */
export interface StoredArtifact {
  /** In the template. */
  readonly index: number;
  readonly record: ArtifactRecord;
  readonly object: RemoteObject;
  /** Its media type. */
  readonly type: string;
}

/** Whether any artifact of a template is to be put to a store. */
export function hasDestinations({ artifacts, artifactRepository }: Template): boolean {
  return artifacts.some(({ destination }) => destination !== undefined || artifactRepository !== null);
}

/** The artifacts of a job that are to be put to a store. @throws DeliveryError */
export function storedArtifacts(
  report: JobReport,
  template: Template,
  jobId: number | null,
): readonly StoredArtifact[] {
  const records = report.containers.find(({ name }) => name === 'main')?.result?.outputs.artifacts ?? [];
  return template.artifacts.flatMap((artifact, index) => {
    const record = records.find(({ name, path }) => name === artifact.name && path === artifact.path);
    // What was not saved is told by the job's own record.
    if (record === undefined) return [];
    const object = artifact.destination ?? repositoryObject(artifact, record, template, jobId);
    return object === null ? [] : [{ index, record, object, type: types[artifact.archive.kind] }];
  });
}

const types = {
  tar: 'application/gzip',
  zip: 'application/zip',
  zstd: 'application/zstd',
  none: 'application/octet-stream',
} as const;

function repositoryObject(
  artifact: OutputArtifact,
  record: ArtifactRecord,
  { artifactRepository }: Template,
  jobId: number | null,
): RemoteObject | null {
  if (artifactRepository === null) return null;
  const { keyFormat, store, secrets } = artifactRepository;
  const format = keyFormat.includes('{artifact}') ? keyFormat : `${keyFormat}/{artifact}`;
  if (format.includes('{job}') && jobId === null)
    throw new DeliveryError('Cannot put the artifacts: their keys need MULTIFLEXI_JOB_ID', {
      permanent: true,
    });
  const values: Readonly<Record<string, string>> = {
    '{job}': String(jobId),
    '{artifact}': fileNameOf(artifact, record),
  };
  return { store, secrets, key: format.replace(/\{(?:job|artifact)\}/g, (name) => values[name] ?? name) };
}

/** As Argo names them. */
function fileNameOf({ name, path, archive }: OutputArtifact, { file }: ArtifactRecord): string {
  switch (archive.kind) {
    case 'tar':
      return `${name}.tgz`;
    case 'zip':
      return `${name}.zip`;
    case 'zstd':
      return `${name}.tar.zst`;
    case 'none':
      return `${basename(path)}${file.endsWith('.tar') && !path.endsWith('.tar') ? '.tar' : ''}`;
  }
}
