import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryVolume } from './volume.ts';

/** A self-signed certificate that is its own authority, with its key, as PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** The file of the certificate, readable by all, and that of the key. */
  readonly path: string;
  readonly keyPath: string;
}

/**
 * @param name of the subject: `DNS:multiflexi.example`, `IP:127.0.0.1`
 * @param newKey its kind of key, for openssl
 */
export function makeCertificate(
  t: TestContext,
  name: string,
  newKey: readonly string[] = ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
): Certificate {
  const place = temporaryVolume(t);
  const [keyPath, path] = [join(place, 'key.pem'), join(place, 'cert.pem')];
  const kind = ['-newkey', ...newKey, '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=test', '-addext', `subjectAltName=${name}`];
  const made = ['req', '-x509', ...kind, ...names, '-keyout', keyPath, '-out', path];
  execFileSync('openssl', made, { stdio: 'ignore' });
  for (const file of [keyPath, path]) chmodSync(file, 0o644);
  return { key: readFileSync(keyPath, 'utf8'), cert: readFileSync(path, 'utf8'), path, keyPath };
}
