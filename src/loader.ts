import { getAssetKeys, getRawAsset } from 'node:sea';
import { Script } from 'node:vm';

/**
 * What the runtime starts. The program is in pieces, each with its compiled code, so that a verb reads only what it
 * uses: `run` neither reads nor compiles the database client of `wait` (decision 3). A piece is a CommonJS module;
 * `build/bundle.ts` makes them and `build/compiled-code.ts` compiles them.
 */
type Load = (name: string) => unknown;
declare const require: Load;

const loaded = new Map<string, { exports: unknown }>();
const names = new Set(getAssetKeys());

load('./main.js');

/** Gives a piece's exports, and runs it if this is the first time. */
function load(name: string): unknown {
  if (!name.startsWith('./')) return require(name);
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const piece = { exports: {} };
  loaded.set(name, piece);
  const source = Buffer.from(getRawAsset(`program/${name.slice(2)}`) as ArrayBuffer).toString('latin1');
  const run = new Script(source, { filename: name, ...compiledCode(name) }).runInThisContext();
  run(piece.exports, load, piece);
  return piece.exports;
}

function compiledCode(name: string): { readonly cachedData?: Uint8Array } {
  const asset = `compiled/${name.slice(2)}`;
  return names.has(asset) ? { cachedData: new Uint8Array(getRawAsset(asset) as ArrayBuffer) } : {};
}
