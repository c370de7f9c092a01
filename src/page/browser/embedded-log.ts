import type { GrowingBytes } from './growing-bytes.ts';

/** Reads the parts of a file that the page has, in order: compressed with gzip, as base64, in elements of their own. */
export async function readEmbedded(key: string, into: GrowingBytes): Promise<void> {
  const parts = [...document.querySelectorAll(`script[data-of="${CSS.escape(key)}"]`)];
  if (parts.length === 0) return;
  const compressed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const part = parts.shift();
      if (part === undefined) return controller.close();
      controller.enqueue(fromBase64(part.textContent));
      part.remove();
    },
  });
  const reader = compressed.pipeThrough(new DecompressionStream('gzip')).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) into.append(piece.value);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
