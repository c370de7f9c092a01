import { limits } from '../base/limits.ts';
import { printable, printableJson } from '../base/printable.ts';
import { type ContainerStatus, describeContainers } from '../observe/describe-containers.ts';
import { expectedContainers } from '../observe/expected-containers.ts';
import { openVolume } from '../observe/open-volume.ts';
import { readProgress } from '../observe/read-progress.ts';
import { readCommandLine, rejectOperands, sourceOf } from '../settings/cli/command-line.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { spoolDirectory } from '../settings/cli/spool-directory.ts';
import { rootDirectory } from '../settings/cli/values.ts';
import { type BudgetStatus, describeBudget } from '../wait/describe-budget.ts';

/**
 * `emissary status`: prints one line per container, or one JSON document.
 * @returns 0
 */
export async function status(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  const line = readCommandLine('status', args, invocation.environment);
  rejectOperands('status', line);
  const root = rootDirectory(line.value('root'), sourceOf('root', args, invocation.environment));
  const volume = openVolume(root);
  const containers = await describeContainers(volume, await expectedContainers(volume));
  const reported = readProgress(volume);
  const progress = reported === null ? null : `${reported.done}/${reported.all}`;
  const own = spoolDirectory(invocation.environment);
  const budget = describeBudget(own === null ? volume : openVolume(own));
  if (line.value('json') !== null)
    invocation.print(`${printableJson({ root, progress, budget, containers }, 2)}\n`);
  else invocation.print(table(containers, progress, budget));
  return 0;
}

function table(
  containers: readonly ContainerStatus[],
  progress: string | null,
  budget: BudgetStatus | null,
): string {
  const rows = [
    ['CONTAINER', 'STATE', 'EXIT', 'VERDICT', 'STDOUT', 'STDERR', 'SECONDS', 'MESSAGE'],
    ...containers.map((container) => [
      container.name,
      container.state,
      String(container.exitCode ?? '-'),
      container.verdict ?? '-',
      String(container.stdoutBytes),
      String(container.stderrBytes),
      container.seconds === null ? '-' : container.seconds.toFixed(1),
      printable(container.message ?? '-').slice(0, limits.quotedCharacters),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  if (progress !== null) lines.push(`progress ${progress}`);
  if (budget !== null) {
    const { reason, stopAt, killAt, saveUntil, gatherUntil, reportUntil } = budget;
    lines.push(
      `${reason}: stop ${stopAt}, kill ${killAt}, save until ${saveUntil}, gather until ${gatherUntil}, report until ${reportUntil}`,
    );
  }
  return [...lines, ''].join('\n');
}
