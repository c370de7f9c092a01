import { getAssetKeys, getRawAsset } from 'node:sea';
import { Script } from 'node:vm';

/**
 * The script that the runtime starts. The program is split into chunks, CommonJS modules, so that a verb reads only
 * what it uses: `run` neither reads nor compiles the database client of `wait`. The chunks that a job's start needs
 * are in one precompiled script (decision 3; built by `build/bundle/bundle.ts` and `build/bundle/compile.ts`).
 */
type Load = (name: string) => unknown;
type Chunk = (exports: object, require: Load, module: object) => void;
declare const require: Load;

const names = new Set(getAssetKeys());
const loaded = new Map<string, { exports: object }>();
const compiled = names.has('program/start.js.code')
  ? { cachedData: new Uint8Array(getRawAsset('program/start.js.code') as ArrayBuffer) }
  : {};
const start = evaluate('start.js', compiled) as Readonly<Record<string, Chunk>>;

load('./main.js');

/** Returns a chunk's exports, and runs the chunk on first use. */
function load(name: string): unknown {
  if (!name.startsWith('./')) return require(name);
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(name, module);
  const chunk = start[name] ?? (evaluate(name.slice('./'.length), {}) as Chunk);
  chunk(module.exports, load, module);
  return module.exports;
}

function evaluate(name: string, options: { readonly cachedData?: Uint8Array }): unknown {
  return new Script(sourceOf(name), { filename: name, ...options }).runInThisContext();
}

/** Large chunks are packed: they are loaded by what takes longer than unpacking them. */
function sourceOf(name: string): string {
  const packed = `program/${name}.zst`;
  if (!names.has(packed))
    return Buffer.from(getRawAsset(`program/${name}`) as ArrayBuffer).toString('latin1');
  const { zstdDecompressSync } = require('node:zlib') as typeof import('node:zlib');
  return zstdDecompressSync(Buffer.from(getRawAsset(packed) as ArrayBuffer)).toString('latin1');
}
