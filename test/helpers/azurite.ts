import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { atEnd } from './at-end.ts';
import { freePort } from './free-port.ts';
import { listens } from './listens.ts';
import { until } from './until.ts';
import { temporaryVolume } from './volume.ts';

/** The emulator's account and key, which everybody knows. */
const azuriteAccount = 'devstoreaccount1';
/** The key. */
export const azuriteKey =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** An Azure Blob store with one container. */
export interface Azurite {
  readonly endpoint: string;
  /** Its container `jobs`. */
  readonly container: ContainerClient;
  /** The variables that name it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Microsoft's emulator of Azure Storage until the test ends. */
export async function startAzurite(t: TestContext): Promise<Azurite> {
  const directory = temporaryVolume(t);
  const port = await freePort();
  const home = dirname(fileURLToPath(import.meta.resolve('azurite/package.json')));
  const args = ['--location', directory, '--blobPort', String(port), '--silent', '--skipApiVersionCheck'];
  const server = spawn(
    process.execPath,
    [join(home, 'dist/src/blob/main.js'), ...args, '--disableTelemetry'],
    {
      stdio: 'ignore',
    },
  );
  const ended = new Promise((resolve) => server.once('close', resolve));
  atEnd(t, async () => {
    server.kill('SIGKILL');
    await ended;
  });
  await until('Azurite listens', () => listens(port));
  const endpoint = `http://127.0.0.1:${port}/${azuriteAccount}`;
  const key = new StorageSharedKeyCredential(azuriteAccount, azuriteKey);
  const container = new ContainerClient(`${endpoint}/jobs`, key);
  await container.create();
  return {
    endpoint,
    container,
    env: { AZURE_STORAGE_BLOB_ENDPOINT: endpoint, AZURE_STORAGE_KEY: azuriteKey },
  };
}
