import { log } from '../base/log.ts';
import { printable, printableJson } from '../base/printable.ts';
import { cleanJobs } from '../launch/known/clean-jobs.ts';
import { cleanLeftovers } from '../launch/known/clean-leftovers.ts';
import { explainLost } from '../launch/known/explain-lost.ts';
import { type ListedJob, listJobs } from '../launch/known/list-jobs.ts';
import { removeAllKept } from '../launch/known/remove-kept.ts';
import { StateDirectory } from '../launch/state/state-directory.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { listSettings } from '../settings/verbs/list-settings.ts';

/**
 * `multiflexi-emissary list`: prints one line for each launched job that is not finished, or one JSON document.
 *
 * @returns 0
 * @throws Fault `usage`, `volume`
 */
export async function list(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const settings = listSettings(invocation, args);
  const state = new StateDirectory(settings.state);
  if (settings.kept) for (const sentence of await removeAllKept(state, invocation)) log(sentence, 'info');
  if (settings.clean) for (const sentence of await cleanJobs(state, invocation)) log(sentence, 'info');
  if (settings.clean) for (const sentence of await cleanLeftovers(state, invocation)) log(sentence, 'info');
  const jobs = await listJobs(state);
  if (settings.json) invocation.print(`${printableJson({ state: settings.state, jobs }, 2)}\n`);
  else invocation.print(table(jobs));
  const reason = explainLost(jobs);
  if (reason !== null) log(reason);
  return 0;
}

function table(jobs: readonly ListedJob[]): string {
  const rows = [
    ['JOB', 'ENGINE', 'STATE', 'EXIT', 'SINCE', 'LAUNCHER', 'IMAGE', 'PROGRAM'],
    ...jobs.map((job) => [
      job.key,
      job.engine ?? '-',
      job.state,
      String(job.exitCode ?? '-'),
      job.createdAt ?? '-',
      String(job.launcher ?? '-'),
      printable(job.image ?? '-'),
      printable(job.program ?? '-'),
    ]),
  ];
  return rows.map((row) => `${padded(row, rows)}\n`).join('');
}

function padded(row: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = row.map((_, column) => Math.max(...rows.map((each) => each[column]?.length ?? 0)));
  return row
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd();
}
