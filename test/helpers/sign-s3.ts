import { createHash, createHmac } from 'node:crypto';
import type { Asked } from './s3-front.ts';

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/**
 * The headers of a request that is signed again at another time (AWS Signature Version 4), and without a session token.
 *
 * @returns undefined: a header that is left out
 */
export function resigned(
  { method, url, headers }: Asked,
  at: Date,
  secretKey: string,
): Readonly<Record<string, string | undefined>> {
  const date = at.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const found = /Credential=([^/]+)\/\d{8}\/([^,]+), ?SignedHeaders=([^,]+)/.exec(
    headers.authorization ?? '',
  );
  const [, accessKey = '', rest = '', names = ''] = found ?? [];
  const signed = names.split(';').filter((name) => name !== 'x-amz-security-token');
  const values = { ...headers, 'x-amz-date': date };
  const { pathname, search } = new URL(url, 'http://store');
  const query = search.slice(1).split('&').filter(Boolean);
  const canonical = [
    method,
    pathname,
    query
      .map((part) => (part.includes('=') ? part : `${part}=`))
      .sort()
      .join('&'),
    ...signed.map((name) => `${name}:${String(values[name as keyof typeof values]).trim()}`),
    '',
    signed.join(';'),
    headers['x-amz-content-sha256'],
  ].join('\n');
  const scope = `${date.slice(0, 8)}/${rest}`;
  const text = ['AWS4-HMAC-SHA256', date, scope, createHash('sha256').update(canonical).digest('hex')];
  const key = rest
    .split('/')
    .reduce<Buffer>((sum, part) => hmac(sum, part), hmac(`AWS4${secretKey}`, date.slice(0, 8)));
  const signature = hmac(key, text.join('\n')).toString('hex');
  return {
    'x-amz-date': date,
    'x-amz-security-token': undefined,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${signed.join(';')}, Signature=${signature}`,
  };
}
