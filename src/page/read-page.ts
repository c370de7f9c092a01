import { limits } from '../base/limits.ts';
import { shorten } from '../base/shorten.ts';
import type { Result } from '../contract/records.ts';
import type { Volume } from '../contract/volume.ts';
import { type ContainerStatus, describeContainers } from '../observe/describe-containers.ts';
import { expectedContainers } from '../observe/expected-containers.ts';
import type { JobReport } from '../observe/job-report.ts';
import { parseResult } from '../observe/result-schema.ts';
import { bytesOf } from './bytes-of.ts';
import { hasLastWords, lastWords } from './last-words.ts';
import type { LogPart } from './log-part.ts';
import { logParts } from './log-part.ts';
import type { PageContainer, PageModel, PageUsage } from './page-model.ts';
import { readOutputs } from './page-outputs.ts';
import { pagePhases } from './page-phases.ts';
import { readUsage } from './page-usage.ts';
import { endedBy, pageVerdict } from './page-verdict.ts';
import type { RunHere } from './run-here.ts';
import { runReport } from './run-report.ts';

/** What a page is made of. */
export interface PageSource {
  readonly model: PageModel;
  /** The logs, which may be large: they are read when they are written. */
  readonly logs: readonly LogPart[];
}

/**
 * Reads what a page shows of a run: of a volume, its mirror, or a job's directory of results, which are laid out alike. The job
 * may have written anything there.
 *
 * @param title the page's title; null: made of the job's ID, or of its command
 */
export async function readPage(run: RunHere, title: string | null): Promise<PageSource> {
  const { volume } = run;
  const statuses = await describeContainers(volume, await expectedContainers(volume).catch(() => []));
  const found = statuses.map((status) => ({ status, result: resultOf(volume, status.name) }));
  const report = runReport(run);
  let room: number = limits.pageLogsBytes;
  const logs = found.flatMap(({ status: { name }, result }) => {
    const parts = logParts(volume, name, result, room);
    room -= parts.reduce((sum, { bytes }) => sum + bytes, 0);
    return parts;
  });
  const containers = found.map(({ status, result }) =>
    containerOf(
      status,
      result,
      logs.filter(({ container }) => container === status.name),
      readUsage(volume, status.name),
    ),
  );
  const {
    outputs,
    complaints,
    report: own,
  } = await readOutputs(
    volume,
    found.flatMap(({ result }) => (result === null ? [] : [result.outputs])),
  );
  const jobId = report?.value.jobId ?? null;
  const model: PageModel = {
    title: title ?? titleOf(jobId, found[0]?.result?.command ?? []),
    jobId,
    ...conclusionOf(found, report?.value ?? null),
    lastWords: await wordsOf(volume, containers),
    attempts: Math.max(1, ...containers.map(({ attempts }) => attempts.length)),
    madeAt: Date.now(),
    phases: pagePhases(found, { reportedAt: report?.until ?? null, launched: run.launched() }),
    containers,
    outputs,
    complaints,
    report: own,
  };
  return { model, logs };
}

type Found = { readonly status: ContainerStatus; readonly result: Result | null };

/** The whole run: as it was reported, else as its containers say. */
function conclusionOf(found: readonly Found[], report: JobReport | null) {
  const decisive =
    found.find(({ status }) => report !== null && status.verdict === report.verdict) ??
    found.find(({ status }) => status.verdict !== null && status.verdict !== 'succeeded') ??
    found[0];
  const all = found.map(({ status }) => pageVerdict(status));
  const lasts =
    report === null ? (all.find((each) => each === 'running' || each === 'waiting') ?? null) : null;
  const verdict =
    lasts ??
    (report === null ? (decisive === undefined ? 'waiting' : pageVerdict(decisive.status)) : report.verdict);
  const starts = found.flatMap(({ status }) => timeOf(status.startedAt) ?? []);
  const ends = found.flatMap(({ status }) => timeOf(status.finishedAt) ?? []);
  return {
    verdict,
    exitCode: lasts === null ? (report?.exitCode ?? decisive?.status.exitCode ?? null) : null,
    message: report?.message ?? decisive?.status.message ?? null,
    endedBy: endedBy(verdict, decisive?.result?.signal ?? null, decisive?.result?.origin ?? null),
    startedAt: starts.length > 0 ? Math.min(...starts) : null,
    finishedAt: lasts === null && ends.length > 0 ? Math.max(...ends) : null,
  };
}

function containerOf(
  status: ContainerStatus,
  result: Result | null,
  logs: readonly LogPart[],
  usage: readonly PageUsage[],
): PageContainer {
  const { userSeconds = null, systemSeconds = null, maxRssBytes = null } = result?.usage ?? {};
  const shortened = logs.filter(({ skipped }) => skipped > 0);
  return {
    name: status.name,
    verdict: pageVerdict(status),
    exitCode: status.exitCode,
    message: status.message,
    command: result?.command ?? [],
    attempts: (result?.attempts ?? [])
      .slice(-limits.pageAttempts)
      .map(({ startedAt, finishedAt, exitCode, signal }) => ({
        from: Date.parse(startedAt),
        until: Date.parse(finishedAt),
        exitCode,
        signal,
      })),
    userSeconds,
    systemSeconds,
    maxRssBytes,
    logs: logs.map(({ kind, bytes }) => ({ kind, bytes })),
    usage,
    shortened:
      shortened.length === 0
        ? null
        : `The first ${shortened.map(({ skipped, kind }) => `${skipped} bytes of ${kind}`).join(' and ')} are not on this page.`,
  };
}

function wordsOf(
  volume: Volume,
  containers: readonly PageContainer[],
): PageModel['lastWords'] | Promise<PageModel['lastWords']> {
  const failed = containers.find(({ verdict }) => hasLastWords(verdict));
  if (failed === undefined) return null;
  const bytes = failed.logs.find(({ kind }) => kind === 'stderr')?.bytes ?? 0;
  const size = Math.min(volume.sizeOf(`ctr/${failed.name}/stderr`) ?? 0, bytes);
  return lastWords(
    bytesOf(volume, `ctr/${failed.name}/stderr`, Math.max(0, size - limits.pageWordsBytes), size),
  );
}

function titleOf(jobId: number | null, command: readonly string[]): string {
  if (jobId !== null) return `Job ${jobId}`;
  return command.length === 0 ? 'A run' : shorten(command.join(' '));
}

function timeOf(text: string | null): number | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : time;
}

function resultOf(volume: Volume, name: string): Result | null {
  const found = volume.read(`ctr/${name}/result.json`, limits.resultBytes);
  return found.kind === 'read' ? parseResult(found.bytes) : null;
}
