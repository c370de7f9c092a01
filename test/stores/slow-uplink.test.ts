import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../helpers/at-end.ts';
import { startAzurite } from '../helpers/azurite.ts';
import { emissary } from '../helpers/emissary.ts';
import { freePort } from '../helpers/free-port.ts';
import { startGcs } from '../helpers/gcs-server.ts';
import { runJob } from '../helpers/job.ts';
import { listens } from '../helpers/listens.ts';
import { requireProgram } from '../helpers/require.ts';
import { startS3 } from '../helpers/s3-server.ts';
import { until } from '../helpers/until.ts';
import { temporaryVolume } from '../helpers/volume.ts';

/** A store that is reached by a port, and how the reporter knows it. */
interface Place {
  readonly port: number;
  env(port: number): Readonly<Record<string, string>>;
  /** How many bytes an object has. */
  size(key: string): Promise<number>;
}

const stores: Readonly<Record<string, (t: TestContext) => Promise<Place | null>>> = {
  s3: async (t) => {
    const s3 = await startS3(t);
    return (
      s3 && {
        port: s3.port,
        env: (port) => ({ EMISSARY_RESULTS_URL: s3.url('', port), ...s3.credentials }),
        size: async (key) => s3.object(key).length,
      }
    );
  },
  azblob: async (t) => {
    const { endpoint, container, env } = await startAzurite(t);
    const { port } = new URL(endpoint);
    return {
      port: Number(port),
      env: (at) => ({
        ...env,
        EMISSARY_RESULTS_URL: 'azblob://jobs',
        AZURE_STORAGE_BLOB_ENDPOINT: endpoint.replace(`:${port}`, `:${at}`),
      }),
      size: async (key) => (await container.getBlobClient(key).getProperties()).contentLength ?? 0,
    };
  },
  gs: async (t) => {
    const gcs = await startGcs(t);
    return (
      gcs && {
        port: gcs.port,
        env: (at) => ({
          EMISSARY_RESULTS_URL: 'gs://results',
          STORAGE_EMULATOR_HOST: `http://127.0.0.1:${at}`,
        }),
        size: async (key) => (await gcs.object(key)).length,
      }
    );
  },
};

/** Each request takes about ten seconds. */
const loads = [
  { what: 'one request', bytes: 8_000_000, bytesPerSecond: 800_000 },
  { what: 'parts', bytes: 17_500_000, bytesPerSecond: 1_700_000 },
];

test('an object goes over a link on which a request takes longer than a store may take nothing', {
  concurrency: true,
}, async (t) => {
  if (!requireProgram(t, 'socat')) return;
  const all = Object.entries(stores).flatMap(([name, open]) =>
    loads.map((load) => ({ name, open, ...load })),
  );
  await Promise.all(
    all.map(({ name, open, what, bytes, bytesPerSecond }) =>
      t.test(`${name}, in ${what}`, async (each) => {
        const place = await open(each);
        if (place === null) return;
        const [root, made] = [temporaryVolume(each), temporaryVolume(each)];
        writeFileSync(join(made, 'large'), randomBytes(bytes));
        const artifacts = [{ name: 'large', path: join(made, 'large'), archive: { none: {} } }];
        await runJob(each, ['true'], { root, template: { outputs: { artifacts } } });
        const env = {
          ...place.env(await slowUplink(each, place.port, bytesPerSecond)),
          MULTIFLEXI_JOB_ID: '7',
          EMISSARY_REPORT_SECONDS: '6',
        };
        const { status, stderr } = await emissary(['wait'], { root, env });
        assert.equal(status, 0, stderr);
        assert.equal(await place.size(`7/outputs/artifacts${made}/large`), bytes);
      }),
    ),
  );
});

const catchUpMs = 1_000;

/**
 * A front that reads no faster than that. On the machine's own network, the kernel would take 4 MB of a connection at once: socat
 * keeps its buffers as small as a slow link does.
 *
 * @returns its port
 */
async function slowUplink(t: TestContext, behind: number, bytesPerSecond: number): Promise<number> {
  const port = await freePort();
  const paced = await pacedFront(t, behind, bytesPerSecond);
  const small = 'mss=1000,rcvbuf=16384,sndbuf=16384';
  const socat = spawn(
    'socat',
    [`TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork,${small}`, `TCP:127.0.0.1:${paced},${small}`],
    { stdio: 'ignore', detached: true },
  );
  const { pid = assert.fail() } = socat;
  const ended = new Promise((resolve) => socat.once('close', resolve));
  atEnd(t, async () => {
    process.kill(-pid, 'SIGKILL');
    await ended;
  });
  await until('socat listens', () => listens(port));
  return port;
}

async function pacedFront(t: TestContext, port: number, bytesPerSecond: number): Promise<number> {
  let freeAt = 0;
  const server = createServer((client) => {
    const behind = connect(port, '127.0.0.1');
    const link = new Transform({
      transform(piece: Buffer, _, done) {
        // A front that stood still catches up.
        freeAt = Math.max(freeAt, performance.now() - catchUpMs) + (piece.length * 1000) / bytesPerSecond;
        setTimeout(() => done(null, piece), freeAt - performance.now());
      },
    });
    client.pipe(link).pipe(behind).pipe(client);
    for (const [one, other] of [
      [client, behind],
      [behind, client],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  atEnd(t, () => server.close());
  return (server.address() as AddressInfo).port;
}
