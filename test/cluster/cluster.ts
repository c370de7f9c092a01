import { buildPrograms } from './cluster-programs.ts';
import { obstacle } from './obstacle.ts';
import { forEver } from './owners.ts';
import { adminKubeconfig } from './places.ts';
import { runningPrograms, startCluster } from './start-cluster.ts';
import { releaseCluster, stopCluster } from './stop-cluster.ts';

const usage = `npm run cluster              builds the programs if needed, and starts a Kubernetes cluster
npm run cluster -- down      stops it, and leaves nothing of it
npm run cluster -- build     builds the programs only
`;
const say = (text: string) => process.stderr.write(`${text}\n`);

/** `npm run cluster`: a Kubernetes cluster on this machine. */
try {
  await act(process.argv[2] ?? 'up');
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function act(verb: string): Promise<void> {
  switch (verb) {
    case 'up':
      return await up();
    case 'build':
      await buildPrograms(say);
      return;
    case 'down':
      return await stopCluster();
    // For `npm test`, which reports nothing that its tests report.
    case 'prepare':
      if ((await obstacle()) === null) await buildPrograms(say);
      return;
    // For `npm test` and watch.sh.
    case 'release':
      return await releaseCluster(process.argv[3] === undefined ? undefined : Number(process.argv[3]));
    default:
      say(usage);
      process.exitCode = 2;
  }
}

async function up(): Promise<void> {
  const reason = await obstacle();
  if (reason !== null) throw new Error(`No cluster can be started: ${reason}`);
  await startCluster(await buildPrograms(say), forEver);
  process.stdout.write(`The cluster is up. kubectl, helm and the tests find it:

  export KUBECONFIG=${adminKubeconfig} PATH=${runningPrograms()}:$PATH

npm run cluster -- down      stops it
`);
}
