import { existsSync } from 'node:fs';
import { Fault } from '../base/fault.ts';
import { Volume } from '../contract/volume.ts';
import { findJob } from '../launch/known/known-job.ts';
import type { LaunchRecord } from '../launch/state/launch-record.ts';
import { openVolume } from '../observe/open-volume.ts';
import type { PageOrigin } from '../settings/verbs/page-settings.ts';

/** A run whose files are on this machine. */
export interface RunHere {
  readonly volume: Volume;
  /** The reporter's own directory; null: it is the volume. */
  readonly spool: Volume | null;
  /** What its launcher has recorded by now; null: nobody knows. */
  launched(): LaunchRecord | null;
}

/** Finds a run on this machine. @throws Fault `volume`; `usage` if it is not known, or nothing of it is left */
export function runHere(origin: Exclude<PageOrigin, { kind: 'database' }>): RunHere {
  if (origin.kind === 'volume') return { volume: openVolume(origin.root), spool: null, launched: () => null };
  const { directory, record, state } = findJob(origin);
  if (!existsSync(record.root))
    throw new Fault(
      'usage',
      `Nothing is left here of the job ${origin.text}: it has ${record.stage === 'ended' ? 'ended' : 'not begun'}; ` +
        'what was reported of it is shown by page --job, or by page --root of its results',
    );
  return {
    volume: openVolume(record.root),
    spool: existsSync(directory.spool) ? new Volume(directory.spool) : null,
    launched: () => directory.read() ?? state.endOf(directory.key),
  };
}

/** What a run has first: its program, its template, its containers or its report. A new file system has `lost+found`. */
const traces = ['emissary', 'template', 'ctr', 'report', 'report.json', 'lost+found'];

/** An empty volume waits for its run; other files are of something else. @throws Fault `volume` */
export function requireRun({ volume }: RunHere): void {
  if (traces.some((name) => volume.has(name)) || volume.list('.', 1).length === 0) return;
  throw new Fault(
    'volume',
    `There is no run in "${volume.root}": it has neither containers nor a report; if it is a directory of results, name the job's own directory in it`,
  );
}
