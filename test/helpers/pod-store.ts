import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TestContext } from 'node:test';
import { makeCertificate } from './certificate.ts';
import { startS3 } from './s3-server.ts';

/** How pods of the test cluster reach this machine. */
const machine = '198.18.0.1';

/** A store that pods reach, with an input in it. */
export interface PodStore {
  /** Without the names of Secrets. */
  readonly s3: Readonly<Record<string, unknown>>;
  /** The names of the Secret's keys. */
  readonly secrets: Readonly<Record<string, unknown>>;
  /** The Secret itself. */
  readonly secret: object;
  /** The variables that say the same, with the authority's file. */
  readonly credentials: Readonly<Record<string, string>>;
  /** What no job may see. */
  readonly hidden: RegExp;
  keys(): readonly string[];
  object(key: string): Buffer;
  /** Makes an object. */
  put(key: string, content: string | Buffer): void;
}

/**
 * Null if it cannot be built here.
 *
 * @param input what is at `in/input`
 * @param isSecure with TLS, and an authority of its own
 */
export async function podStore(t: TestContext, input: Buffer, isSecure = false): Promise<PodStore | null> {
  const certificate = isSecure ? makeCertificate(t, `IP:${machine}`) : undefined;
  const tls = certificate === undefined ? {} : { certificate };
  const store = await startS3(t, { bucket: 'jobs', address: '', ...tls });
  if (store === null) return null;
  const put = (key: string, content: string | Buffer) => {
    const path = store.path(key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  };
  put('in/input', input);
  const { AWS_ACCESS_KEY_ID: access = '', AWS_SECRET_ACCESS_KEY: secret = '' } = store.credentials;
  return {
    s3: { bucket: store.bucket, endpoint: `${machine}:${store.port}`, insecure: !isSecure },
    secrets: {
      accessKeySecret: { name: 'store', key: 'access' },
      secretKeySecret: { name: 'store', key: 'secret' },
    },
    secret: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'store' },
      stringData: { access, secret, other: 'not-named' },
    },
    credentials: {
      ...store.credentials,
      ...(certificate !== undefined && { EMISSARY_STORE_CA_FILE: certificate.path }),
    },
    hidden: new RegExp([access, secret.replace(/[+/]/g, '.'), 'not-named', 'argo/secret/store'].join('|')),
    keys: store.keys,
    object: store.object,
    put,
  };
}

/** A template that fetches the input, and puts it again: `out/own` by its own name, the other into the repository. */
export function throughStore(s3: object) {
  const path = '/tmp/in';
  return {
    artifactRepository: { s3: { ...s3, keyFormat: 'all/{job}/{artifact}' } },
    inputs: { artifacts: [{ name: 'input', path, s3: { ...s3, key: 'in/input' } }] },
    outputs: {
      artifacts: [
        { name: 'own', path: '/tmp/own', archive: { none: {} }, s3: { key: 'out/own' } },
        { name: 'other', path: '/tmp/other', archive: { none: {} } },
      ],
    },
  };
}

/** What a job of that template does, and all that it sees. */
export const passesInput =
  'cat /tmp/in >/tmp/own; echo 2 >/tmp/other; env; cat /proc/*/environ; cat /proc/mounts; for each in /argo/secret/* /var/run/secrets/multiflexi/*/*; do echo "$each"; cat "$each"; done; exit 0';
