import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { limits } from './limits.ts';

/** SHA-256 of a file's first bytes, hexadecimal. @param bytes how many @throws the operating system's error */
export async function hashOf(file: FileHandle, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(limits.copyBytes);
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash.digest('hex');
}
