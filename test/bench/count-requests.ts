import type { Beside } from '../helpers/api-server.ts';

/** How many requests an API server has answered so far; readiness and metrics do not count. */
export async function countRequests(kubectl: Beside['kubectl'], kubeconfig: string): Promise<number> {
  const { stdout } = await kubectl(['get', '--raw', '/metrics'], { kubeconfig });
  const lines = stdout
    .split('\n')
    .filter((line) => /^apiserver_request_total\{.*resource="[a-z]+"/.test(line));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
