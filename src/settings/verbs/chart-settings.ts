import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Fault } from '../../base/fault.ts';
import type { Application } from '../application/application.ts';
import type { CommandLine } from '../cli/command-line.ts';
import { maskEntries } from '../secret-names.ts';
import { urlPasswords } from '../url-passwords.ts';
import { chartName, isReleaseName, releaseNameOf } from './release-name.ts';

/** The chart that is installed before a job's pod is made. */
export interface ChartSettings {
  /** A directory, an archive, `REPOSITORY/CHART`, or an address: as helm takes it. */
  readonly chart: string;
  readonly release: string;
  /** Absolute paths. */
  readonly values: readonly string[];
  /** The program helm: its name or its path. */
  readonly helm: string;
}

/**
 * The chart of `--helm-chart`, else that of the application; null: there is none, or `--helm-chart none`, or the engine is
 * another one.
 *
 * @throws Fault `usage`
 */
export function chartSettings(
  line: CommandLine,
  of: {
    readonly application: Application | null;
    readonly engine: string;
    readonly from: (name: string) => string;
  },
): ChartSettings | null {
  const { application, engine, from } = of;
  const given = line.value('helm-chart');
  if (engine !== 'kubernetes') {
    // Its variable is no error: launches in several engines may share it.
    if (given === null || from('helm-chart') !== '--helm-chart') return null;
    throw new Fault('usage', '--helm-chart is for Kubernetes; add --engine kubernetes');
  }
  const chart = given ?? application?.chart ?? null;
  if (chart === null || chart === 'none') return null;
  const source = given === null ? 'the kubernetes.helm.chart of the application' : from('helm-chart');
  checkChart(chart, source);
  const release = line.value('helm-release') ?? releaseNameOf(application?.name ?? chartName(chart));
  if (!isReleaseName(release))
    throw new Fault(
      'usage',
      `${from('helm-release')} is not a name of a release (small letters, digits, - and ., at most 53)`,
    );
  const values = maskEntries(line.value('helm-values') ?? '').map((file) => resolve(file));
  const missing = values.find((file) => !existsSync(file));
  if (missing !== undefined)
    throw new Fault('usage', `${from('helm-values')}: the file ${missing} is not there`);
  return { chart, release, values, helm: helmProgram(line) };
}

/** The program helm: its name or its path. */
export function helmProgram(line: CommandLine): string {
  return line.value('helm') ?? 'helm';
}

/** Arguments can be seen by everybody on the machine. */
function checkChart(chart: string, source: string): void {
  if (chart.startsWith('-') || /\s|\0/.test(chart))
    throw new Fault('usage', `${source} is not a chart (a path, REPOSITORY/CHART, or an address)`);
  if (urlPasswords(chart, () => true).length > 0)
    throw new Fault(
      'usage',
      `${source} has a password in it; let helm know it instead: helm registry login, or helm repo add`,
    );
}
