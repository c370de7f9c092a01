import { getUint64, toBuffer } from 'node:ffi';
import { bind, processImage } from './libc.ts';

/**
 * The environment as bytes, read from this process's own memory (environ(7)), one `NAME=value` each. Used where
 * /proc, which holds the same, is not mounted or emulated. Returns copies: changing them does not change the memory.
 */
export function readEnviron(): readonly Buffer[] {
  const { strlen } = bind({ strlen: { arguments: ['pointer'], return: 'u64' } });
  const entries: Buffer[] = [];
  const first = getUint64(processImage().getSymbol('environ'));
  for (let at = first; getUint64(at) !== 0n; at += 8n) {
    const text = getUint64(at);
    entries.push(toBuffer(text, Number(strlen(text)), true));
  }
  return entries;
}
