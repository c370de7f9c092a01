import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { parse } from 'yaml';
import { type FrontPlan, startTcpFront, type TcpFront } from './tcp-front.ts';
import { temporaryVolume } from './volume.ts';

/** The cluster of a kubeconfig behind a port that can be cut. */
export async function behindFront(
  t: TestContext,
  kubeconfig: string,
  plan: FrontPlan,
): Promise<{ readonly front: TcpFront; readonly env: Readonly<Record<string, string>> }> {
  const config = parse(readFileSync(kubeconfig, 'utf8'));
  const [{ cluster: own }] = config.clusters;
  const front = await startTcpFront(t, { ...plan, port: Number(new URL(own.server).port) });
  own.server = front.host.replace(/^tcp/, 'https');
  const file = join(temporaryVolume(t), 'kubeconfig');
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return { front, env: { KUBECONFIG: file } };
}
