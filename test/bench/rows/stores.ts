import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { environmentOf } from '../../../src/settings/cli/environment.ts';
import { getObject } from '../../../src/stores/get-object.ts';
import { openStore } from '../../../src/stores/open-store.ts';
import { Pace } from '../../../src/stores/pace.ts';
import { type S3Server, s3Process } from '../../helpers/s3-server.ts';
import { alternate } from '../alternate.ts';
import type { Bench, Measured, Row } from '../row.ts';
import { makeMixedTree } from '../sample-tree.ts';
import { wallTimeMs } from '../wall-time.ts';

const MB = 1e6;
const pieceBytes = 8 * 2 ** 20;
const largeBytes = 120 * pieceBytes;
const smallFiles = 10_000;
const runs = 3;

/** Command-line clients of S3, a shell's words with {from}, {to}; `store:` is the bucket. The first on PATH is compared with. */
const clients: Readonly<Record<string, (server: S3Server) => Client>> = {
  aws: ({ endpoint, bucket }) => ({
    copy: `aws --endpoint-url ${endpoint} s3 cp --only-show-errors --recursive {from} {to}`,
    store: `s3://${bucket}`,
  }),
  rclone: ({ endpoint, bucket }) => ({
    copy: `rclone --config /dev/null --s3-provider Other --s3-env-auth --s3-endpoint ${endpoint} --transfers 8 copy {from} {to}`,
    store: `:s3:${bucket}`,
  }),
  s3cmd: ({ port, bucket }) => ({
    copy: `s3cmd --config /dev/null --no-ssl --host 127.0.0.1:${port} --host-bucket 127.0.0.1:${port} --access_key "$AWS_ACCESS_KEY_ID" --secret_key "$AWS_SECRET_ACCESS_KEY" --quiet --recursive put {from}/ {to}`,
    store: `s3://${bucket}`,
  }),
};

interface Client {
  readonly copy: string;
  readonly store: string;
}

/** Results into a store, and out of it: against the clients that people would have used. */
export const rows: readonly Row[] = [
  {
    name: 'store-put',
    title: '1 GB into S3, by wait',
    unit: 'MB/s',
    target: { kind: 'ratio', atLeast: 0.8 },
    measure: (bench) =>
      measurePut(bench, largeBytesFor(bench) / MB, (tree) => makeLarge(tree, largeBytesFor(bench))),
  },
  {
    name: 'store-small',
    title: '10,000 files of 100 bytes into S3, by wait',
    unit: 'MB/s',
    target: { kind: 'ratio', atLeast: 0.8 },
    measure: (bench) =>
      measurePut(bench, (smallFilesFor(bench) * 100) / MB, (tree) => makeSmall(tree, smallFilesFor(bench))),
  },
  {
    name: 'store-get',
    title: '1 GB out of S3',
    unit: 'MB/s',
    target: { kind: 'ratio', atLeast: 0.8 },
    measure: measureGet,
  },
];

const largeBytesFor = ({ scale }: Bench) => Math.ceil((largeBytes * scale) / pieceBytes) * pieceBytes;
const smallFilesFor = ({ scale }: Bench) => Math.ceil(smallFiles * scale);

async function measurePut(
  bench: Bench,
  megabytes: number,
  make: (tree: string) => readonly string[],
): Promise<Measured> {
  const directory = bench.directory();
  const { server, stop } = await s3Process(directory);
  try {
    const [root, tree] = [join(directory, 'root'), join(directory, 'tree')];
    mkdirSync(root);
    mkdirSync(tree);
    const artifacts = make(tree).map((name, index) => ({
      name: `a${index}`,
      path: join(tree, name),
      archive: { none: {} },
    }));
    writeFileSync(join(root, 'template'), JSON.stringify({ outputs: { artifacts } }));
    wallTimeMs([bench.program, 'run', '--root', root, '--', 'true']);
    const env = { ...server.credentials, MULTIFLEXI_JOB_ID: '7', EMISSARY_RESULTS_URL: server.url() };
    const rate = (ms: number) => megabytes / (ms / 1000);
    const empty = () => {
      rmSync(join(root, 'report'), { recursive: true, force: true });
      rmSync(server.path('7'), { recursive: true, force: true });
      rmSync(server.path('theirs'), { recursive: true, force: true });
    };
    const samples = await alternate(bench.times(runs), {
      ours: () => {
        empty();
        return rate(wallTimeMs([bench.program, 'wait', '--root', root], env));
      },
      ...Object.fromEntries(
        clientsAtHand(server).map(([name, { copy, store }]) => [
          name,
          () => {
            empty();
            return rate(wallTimeMs(command(copy, tree, `${store}/theirs`), server.credentials));
          },
        ]),
      ),
    });
    return measured(samples);
  } finally {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measureGet(bench: Bench): Promise<Measured> {
  const directory = bench.directory();
  const { server, stop } = await s3Process(directory);
  try {
    mkdirSync(server.path('tree'));
    makeLarge(server.path('tree'), largeBytesFor(bench));
    const store = await openStore(new URL(server.url()), environmentOf(server.credentials));
    const target = join(directory, 'target');
    const { signal } = new AbortController();
    const rate = (ms: number) => largeBytesFor(bench) / MB / (ms / 1000);
    const get = async () => {
      rmSync(target, { force: true });
      const start = performance.now();
      const file = await open(target, 'w+');
      await getObject(store, 'tree/large', file, { pace: new Pace(), advanced: () => undefined, signal });
      await file.close();
      return rate(performance.now() - start);
    };
    const others = clientsAtHand(server).filter(([name]) => name !== 's3cmd');
    const samples = await alternate(bench.times(runs), {
      ours: get,
      ...Object.fromEntries(
        others.map(([name, { copy, store: from }]) => [
          name,
          () => {
            rmSync(`${target}.theirs`, { recursive: true, force: true });
            const copying = command(copy, `${from}/tree`, `${target}.theirs`);
            return rate(wallTimeMs(copying, server.credentials));
          },
        ]),
      ),
    });
    store.close();
    return measured(samples);
  } finally {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function clientsAtHand(server: S3Server): readonly (readonly [string, Client])[] {
  return Object.entries(clients)
    .filter(([name]) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0)
    .map(([name, client]) => [name, client(server)] as const);
}

function command(copy: string, from: string, to: string): readonly string[] {
  const region = 'AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1';
  return ['sh', '-c', `${region} ${copy.replace('{from}', from).replace('{to}', to)}`];
}

function makeLarge(tree: string, bytes: number): readonly string[] {
  makeMixedTree(`${tree}.parts`, bytes);
  const joined = spawnSync('sh', ['-c', `cat "$0".parts/* >"$0"/large && rm -r "$0".parts`, tree]);
  if (joined.status !== 0) throw new Error(`Cannot make a large file: ${joined.stderr}`);
  return ['large'];
}

function makeSmall(tree: string, count: number): readonly string[] {
  const names = Array.from({ length: count }, (_, index) => `file-${index}`);
  for (const name of names) writeFileSync(join(tree, name), name.padEnd(100, '.'));
  return names;
}

function measured(samples: ReadonlyMap<string, readonly number[]>): Measured {
  const others = [...samples].filter(([name]) => name !== 'ours');
  return {
    ours: samples.get('ours') ?? [],
    others: others.map(([name, values]) => ({ name, samples: values })),
  };
}
