import { join } from 'node:path';
import { execa } from 'execa';
import { builtPrograms } from '../cluster/cluster-programs.ts';
import { importImage } from '../cluster/import-image.ts';
import { obstacle } from '../cluster/obstacle.ts';
import { adminKubeconfig } from '../cluster/places.ts';
import { startCluster } from '../cluster/start-cluster.ts';
import { releaseCluster } from '../cluster/stop-cluster.ts';
import type { Beside } from '../helpers/api-server.ts';
import { exampleImages } from '../helpers/example-images.ts';
import { treeAt } from '../helpers/images.ts';
import { hostProgram } from '../helpers/program.ts';
import type { Bench } from './row.ts';
import { fillWithBusybox, type Start } from './timed-start.ts';

/** The image of the jobs. */
export const image = 'localhost/emissary-bench-launch:1';

/** How a job is started: by us, and by kubectl. */
export interface Starts {
  readonly ours: () => Start;
  readonly client: () => Start;
}

/** Has a cluster while this runs. @throws Error if there can be none */
export async function withCluster<T>(
  bench: Bench,
  use: (starts: Starts, cluster: Beside) => Promise<T>,
): Promise<T> {
  const programs = (await obstacle()) === null ? await builtPrograms() : null;
  if (programs === null) throw new Error('there is no cluster: npm run cluster -- build');
  await startCluster(programs, process.pid);
  try {
    for (const { image: name, fill, start } of exampleImages)
      await importImage(name, entryOf(start), (directory) => fill(treeAt(directory)));
    await importImage(image, {}, fillWithBusybox);
    const env = { KUBECONFIG: adminKubeconfig };
    const state = join(bench.directory(), 'state');
    const options = ['--engine', 'kubernetes', '--state', state, '--quiet', '--user', 'image'];
    let pods = 0;
    const kubectl = ['--image', image, '--restart=Never', '--attach', '--rm', '--quiet', '--command', '--'];
    const kubectlOf = async (args: readonly string[], { kubeconfig = adminKubeconfig } = {}) => {
      const env = { KUBECONFIG: kubeconfig };
      const { exitCode, stdout, stderr } = await execa(join(programs, 'kubectl'), args, {
        env,
        reject: false,
      });
      return { exitCode, stdout, stderr };
    };
    const cluster = { kubeconfig: adminKubeconfig, programs, kubectl: kubectlOf };
    const starts = {
      ours: () => ({ args: [hostProgram, 'launch', ...options, '--image', image, '--'], env }),
      client: () => {
        pods += 1;
        return { args: [join(programs, 'kubectl'), 'run', `bench-${process.pid}-${pods}`, ...kubectl], env };
      },
    };
    return await use(starts, cluster);
  } finally {
    await releaseCluster(process.pid);
  }
}

function entryOf({ entrypoint, user }: { readonly entrypoint?: string; readonly user?: string }) {
  return {
    ...(entrypoint !== undefined && { entrypoint: [entrypoint] }),
    ...(user !== undefined && { user }),
  };
}
