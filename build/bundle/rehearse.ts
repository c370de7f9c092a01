import { DynamicLibrary, type FunctionSignature } from 'node:ffi';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';

/**
 * Runs the program's chunks from a directory with the arguments that follow, as the loader would. At exit, it prints
 * the names of the loaded chunks, and writes the compiled code of `start.js`, if that exists. Runs as a separate
 * process, started by `compile.ts`.
 */
type Chunk = (exports: object, require: (name: string) => unknown, module: object) => void;

const [, , directory = '', ...args] = process.argv;
const builtIn = createRequire(import.meta.url);
const loaded = new Map<string, { exports: object }>();
const start = fs.existsSync(join(directory, 'start.js')) ? script('start.js') : null;
const startChunks = (start?.runInThisContext() ?? {}) as Readonly<Record<string, Chunk>>;

giveArgv(args);
standBesideItself();
if (start === null) stopClock();
writeAtExit();
load('./main.js');

function load(name: string): unknown {
  if (!name.startsWith('./')) return builtIn(name);
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(name, module);
  const chunk = startChunks[name] ?? (script(name).runInThisContext() as Chunk);
  chunk(module.exports, load, module);
  return module.exports;
}

function script(name: string): Script {
  return new Script(fs.readFileSync(join(directory, name), 'latin1'), { filename: name });
}

/** The program reads its arguments from the kernel. */
function giveArgv(given: readonly string[]): void {
  const read = fs.readFileSync;
  const cmdline = Buffer.from(['emissary', ...given, ''].join('\0'));
  fs.readFileSync = ((path: string, ...rest: never[]) =>
    path === '/proc/self/cmdline' ? cmdline : read(path, ...rest)) as typeof read;
}

/** The program finds the pod's program beside its own file: here, any file will do. */
function standBesideItself(): void {
  const place = fs.mkdtempSync(join(tmpdir(), 'emissary-beside-'));
  process.on('exit', () => fs.rmSync(place, { recursive: true, force: true }));
  fs.writeFileSync(join(place, 'emissary'), '');
  Object.defineProperty(process, 'execPath', { value: join(place, 'multiflexi-emissary') });
}

/**
 * Without `start.js`, the names of the chunks decide what will be in it: they must not depend on how fast the builder is.
 * What the program does later in a longer job, it does by timers. A job of an instant needs none.
 */
function stopClock(): void {
  const set = globalThis.setTimeout;
  const never = 2 ** 31 - 1;
  globalThis.setTimeout = ((callBack: () => void) => set(callBack, never)) as typeof set;
}

/** The program exits with `_exit(2)`. */
function writeAtExit(): void {
  const bind = DynamicLibrary.prototype.getFunction as (
    name: string,
    definition: FunctionSignature,
  ) => object;
  DynamicLibrary.prototype.getFunction = function (
    this: DynamicLibrary,
    name: string,
    definition: FunctionSignature,
  ) {
    return name === '_exit' ? writeCompiled : bind.call(this, name, definition);
  } as typeof DynamicLibrary.prototype.getFunction;
}

function writeCompiled(status: number): void {
  for (const name of loaded.keys()) fs.writeSync(1, `${name}\n`);
  if (start !== null) fs.writeFileSync(join(directory, 'start.js.code'), start.createCachedData());
  process.exit(status);
}
