import { isAbsolute } from 'node:path';
import { Fault } from '../../base/fault.ts';
import type { CommandLine } from '../cli/command-line.ts';
import { portNumber } from './webhook-settings.ts';

/** The settings of the pages that an operator serves. */
export interface OperatorPageSettings {
  readonly port: number;
  /** A directory with tls.crt and tls.key; null: the webhook's certificate is served. */
  readonly certificates: string | null;
}

/** Null: no pages are served. @param hasWebhook whether there is a certificate of the webhook @throws Fault `usage` */
export function operatorPageSettings(
  line: CommandLine,
  from: (name: string) => string,
  hasWebhook: boolean,
): OperatorPageSettings | null {
  const text = line.value('page');
  if (text === null) return null;
  const certificates = line.value('page-tls');
  if (certificates === null && !hasWebhook)
    throw new Fault(
      'usage',
      `${from('page')} needs a certificate: --page-tls, a directory with tls.crt and tls.key, or that of --webhook`,
    );
  if (certificates !== null && !isAbsolute(certificates))
    throw new Fault('usage', `${from('page-tls')} is not an absolute path`);
  return { port: portNumber(text, from('page')), certificates };
}
