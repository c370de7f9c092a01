import { X509Certificate } from 'node:crypto';
import { Fault } from '../../base/fault.ts';
import { readText } from './secret.ts';

/**
 * The PEM text of certificate authorities, from the file that a variable names. Checked here because OpenSSL ignores
 * an invalid file, and every connection would then fail with a misleading reason.
 *
 * @throws Fault `usage`
 */
export function authorities(file: string, source: string): string {
  const text = readText(file, source);
  try {
    new X509Certificate(text);
  } catch (cause) {
    throw new Fault('usage', `${source}: its file does not hold a certificate (PEM)`, { cause });
  }
  return text;
}
