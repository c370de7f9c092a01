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

const loaded = new Map<string, { exports: object }>();
const compiled = getAssetKeys().includes('program/start.js.code')
  ? { cachedData: new Uint8Array(asset('start.js.code')) }
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
  const source = Buffer.from(asset(name)).toString('latin1');
  return new Script(source, { filename: name, ...options }).runInThisContext();
}

function asset(name: string): ArrayBuffer {
  return getRawAsset(`program/${name}`) as ArrayBuffer;
}
