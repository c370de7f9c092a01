import { limits } from '../base/limits.ts';
import type { StoredArtifact, StoredJob, StoredLine, StoredRow } from '../report/sql/stored-job.ts';
import { hasLastWords, lastWords } from './last-words.ts';
import type { LogPart } from './log-part.ts';
import type { PageModel, PageOutput, PagePhase, PagePreview, PageVerdict } from './page-model.ts';
import { previewBytes } from './preview-bytes.ts';
import type { PageSource } from './read-page.ts';

/** The database knows of no containers: this is the job's. */
const name = 'job';

/**
 * Reads what a page shows of a job in MultiFlexi's database: its row, its output, and its output files. When a line came is
 * known to a second, and its container is not known.
 *
 * @param title the page's title; null: made of the job's ID
 * @throws DeliveryError
 */
export async function readStoredPage(
  stored: StoredJob,
  jobId: number,
  title: string | null,
): Promise<PageSource> {
  const row = await stored.row();
  const lines = await stored.lines();
  const { logs, shortened } = logsOf(stored, lines);
  const { outputs, report } = await outputsOf(stored, await stored.artifacts());
  const { begin, end, exitCode } = row;
  const verdict = verdictOf(row);
  const model: PageModel = {
    title: title ?? `Job ${jobId}`,
    jobId,
    verdict,
    exitCode,
    message: null,
    endedBy: null,
    lastWords: await wordsOf(stored, lines, verdict),
    attempts: 1,
    startedAt: begin,
    finishedAt: end,
    madeAt: Date.now(),
    phases: phasesOf(row),
    containers: [
      {
        ...{ name, verdict, exitCode, message: null, command: [], attempts: [], usage: [] },
        ...{ userSeconds: null, systemSeconds: null, maxRssBytes: null, shortened },
        logs: logs.map(({ kind, bytes }) => ({ kind, bytes })),
      },
    ],
    outputs,
    complaints: [],
    report,
  };
  return { model, logs };
}

function wordsOf(stored: StoredJob, lines: readonly StoredLine[], verdict: PageVerdict) {
  if (!hasLastWords(verdict)) return null;
  const errors = lines.filter(({ stream, bytes }) => stream === 'stderr' && bytes > 0);
  return lastWords(stored.texts(errors.slice(-limits.pageWordsLines)));
}

function verdictOf({ begin, exitCode }: StoredRow): PageVerdict {
  if (exitCode !== null) return exitCode === 0 ? 'succeeded' : 'failed';
  return begin === null ? 'waiting' : 'running';
}

function phasesOf({ scheduledAt, begin, end }: StoredRow): readonly PagePhase[] {
  const phases: PagePhase[] = [
    ...(scheduledAt === null ? [] : [{ name: 'queued', container: null, from: scheduledAt, until: begin }]),
    ...(begin === null ? [] : [{ name: 'running', container: null, from: begin, until: end }]),
  ];
  return phases.filter(({ from, until }) => until === null || until >= from);
}

/** The last rows of each stream: the failure is there. */
function logsOf(stored: StoredJob, lines: readonly StoredLine[]) {
  const room = { stdout: limits.pageLogBytes, stderr: limits.pageLogBytes };
  const skipped = { stdout: 0, stderr: 0 };
  const kept = lines
    .filter(({ bytes }) => bytes > 0)
    .reverse()
    .filter(({ stream, bytes }) => {
      room[stream] -= bytes;
      if (room[stream] < 0) skipped[stream] += bytes;
      return room[stream] >= 0;
    })
    .reverse();
  const stream = (kind: 'stdout' | 'stderr'): LogPart => {
    const own = kept.filter((line) => line.stream === kind);
    const bytes = own.reduce((sum, line) => sum + line.bytes, 0);
    return { container: name, kind, bytes, skipped: skipped[kind], read: () => stored.texts(own) };
  };
  const timeline = Buffer.from(
    kept.map(({ time, stream, bytes }) => `${time} ${stream === 'stdout' ? 1 : 2} ${bytes}\n`).join(''),
  );
  const read = async function* () {
    yield timeline;
  };
  const logs: readonly LogPart[] = [
    { container: name, kind: 'timeline', bytes: timeline.length, skipped: 0, read },
    stream('stdout'),
    stream('stderr'),
  ];
  const left = skipped.stdout + skipped.stderr;
  return {
    logs,
    shortened: left === 0 ? null : `The first ${left} bytes of the output are not on this page.`,
  };
}

async function outputsOf(stored: StoredJob, artifacts: readonly StoredArtifact[]) {
  const outputs: PageOutput[] = [];
  let report: string | null = null;
  let room: number = limits.pagePreviewsBytes;
  for (const artifact of artifacts) {
    const { filename, note, bytes, sha256 } = artifact;
    const preview: PagePreview =
      room <= 0
        ? { kind: 'none', reason: 'There is no room for its preview on this page.' }
        : await previewBytes(filename, bytes, (most) => stored.content(artifact, most));
    room -= JSON.stringify(preview).length;
    if (note === 'resultFile' && preview.kind === 'json') report = preview.text;
    outputs.push({
      kind: 'artifact',
      name: note === '' ? filename : note,
      path: filename,
      bytes,
      sha256,
      preview,
    });
  }
  return { outputs, report };
}
