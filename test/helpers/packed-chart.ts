import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { packChart } from '../../build/release/helm-chart.ts';
import { temporaryVolume } from './volume.ts';

/** Packs the chart as a release does. @returns its file */
export async function packedChart(t: TestContext): Promise<string> {
  const directory = temporaryVolume(t);
  const output = join(directory, 'chart.tgz');
  await packChart({ work: join(directory, 'work'), output, seconds: 0 });
  return output;
}
