import { basename } from 'node:path';
import { DeliveryError } from '../../base/delivery-error.ts';
import type { ArtifactRecord } from '../../contract/records.ts';
import type { JobReport } from '../../observe/job-report.ts';
import type { RemoteObject } from '../../settings/template/remote-object.ts';
import type { OutputArtifact, Template } from '../../settings/template/template.ts';

/** An artifact that was saved, and where it goes. */
export interface StoredArtifact {
  /** In the template; those that it does not name come after them. */
  readonly index: number;
  readonly record: ArtifactRecord;
  readonly object: RemoteObject;
  /** Its media type. */
  readonly type: string;
}

/** The artifacts of a job that are to be put to a store. @throws DeliveryError */
export function storedArtifacts(
  report: JobReport,
  template: Template,
  jobId: number | null,
): readonly StoredArtifact[] {
  const records = report.containers.find(({ name }) => name === 'main')?.result?.outputs.artifacts ?? [];
  const isOf = (record: ArtifactRecord) => (artifact: OutputArtifact) =>
    record.name === artifact.name && record.path === artifact.path;
  const named = template.artifacts.flatMap((artifact, index) => {
    const record = records.find((each) => isOf(each)(artifact));
    // What was not saved is told by the job's own record.
    if (record === undefined) return [];
    const { destination } = artifact;
    const object =
      destination === undefined
        ? repositoryObject(artifact, record, template, jobId)
        : { ...destination, key: filledKey(destination.key, artifact, record, jobId) };
    return object === null ? [] : [{ index, record, object, type: types[artifact.archive.kind] }];
  });
  // What patterns have found, and the job's report: bare files.
  const others = records.filter((record) => !template.artifacts.some(isOf(record)));
  return [
    ...named,
    ...others.flatMap((record, index) => {
      const artifact = { name: record.name, path: record.path, archive: { kind: 'none' } } as const;
      const object = repositoryObject(artifact, record, template, jobId);
      return object === null
        ? []
        : [{ index: template.artifacts.length + index, record, object, type: types.none }];
    }),
  ];
}

const types = {
  tar: 'application/gzip',
  zip: 'application/zip',
  zstd: 'application/zstd',
  none: 'application/octet-stream',
} as const;

type Packed = Pick<OutputArtifact, 'name' | 'path' | 'archive'>;

function repositoryObject(
  artifact: Packed,
  record: ArtifactRecord,
  { artifactRepository }: Template,
  jobId: number | null,
): RemoteObject | null {
  if (artifactRepository === null) return null;
  const { keyFormat, store, secrets } = artifactRepository;
  const format = keyFormat.includes('{artifact}') ? keyFormat : `${keyFormat}/{artifact}`;
  return { store, secrets, key: filledKey(format, artifact, record, jobId) };
}

/** @throws DeliveryError if it needs a job ID that nobody knows */
function filledKey(format: string, artifact: Packed, record: ArtifactRecord, jobId: number | null): string {
  if (format.includes('{job}') && jobId === null)
    throw new DeliveryError('Cannot put the artifacts: their keys need MULTIFLEXI_JOB_ID', {
      permanent: true,
    });
  const values: Readonly<Record<string, string>> = {
    '{job}': String(jobId),
    '{artifact}': fileNameOf(artifact, record),
  };
  return format.replace(/\{(?:job|artifact)\}/g, (name) => values[name] ?? name);
}

/** As Argo names them. */
function fileNameOf({ name, path, archive }: Packed, { file }: ArtifactRecord): string {
  switch (archive.kind) {
    case 'tar':
      return `${name}.tgz`;
    case 'zip':
      return `${name}.zip`;
    case 'zstd':
      return `${name}.tar.zst`;
    case 'none': {
      const own = basename(path);
      // Part of a key, these are no names; a record is the job's word.
      if (['', '.', '..'].includes(own)) return name;
      return `${own}${file.endsWith('.tar') && !path.endsWith('.tar') ? '.tar' : ''}`;
    }
  }
}
