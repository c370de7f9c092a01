import { get } from 'node:https';
import { readAll } from '../read-all.ts';
import type { Azure } from './azure.ts';

/** What the stand-in answers to a reader with every right. */
export async function httpsGet(azure: Azure, path: string): Promise<string> {
  const headers = { authorization: `Bearer ${azure.token}` };
  return new Promise((resolve, reject) => {
    get(`${azure.origin}${path}`, { headers, rejectUnauthorized: false }, (answer) => {
      readAll(answer).then(resolve, reject);
    }).on('error', reject);
  });
}
