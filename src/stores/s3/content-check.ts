import { createHash } from 'node:crypto';
import type { S3Connection } from './s3-connection.ts';

/**
 * Whether a server that takes no checksums got other bytes than were sent: without encryption, an ETag is the MD5 of the
 * content.
 */
export function isDamaged(connection: S3Connection, bytes: Buffer, etag: string | undefined): boolean {
  if (connection.withChecksums || connection.settings.encryption !== null) return false;
  const md5 = /^"?([0-9a-f]{32})"?$/.exec(etag ?? '')?.[1];
  return md5 !== undefined && createHash('md5').update(bytes).digest('hex') !== md5;
}
