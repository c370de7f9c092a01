import { DynamicLibrary, type FunctionDefinitions } from 'node:ffi';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';

/**
 * Runs the program's pieces from a directory with the words that follow, as the loader would, and when it ends writes
 * what was compiled beside each piece (`PIECE.code`) and prints the paths. A process of its own: `compile.ts` starts it.
 */
const [, , directory = '', ...words] = process.argv;
const scripts = new Map<string, Script>();
const loaded = new Map<string, { exports: unknown }>();
const builtIn = createRequire(import.meta.url);

giveWords(words);
writeAtExit();
load('./main.js');

function load(name: string): unknown {
  if (!name.startsWith('./')) return builtIn(name);
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const piece = { exports: {} };
  loaded.set(name, piece);
  const script = new Script(fs.readFileSync(join(directory, name), 'latin1'), { filename: name });
  scripts.set(name, script);
  script.runInThisContext()(piece.exports, load, piece);
  return piece.exports;
}

/** The program reads its words from the kernel. */
function giveWords(given: readonly string[]): void {
  const read = fs.readFileSync;
  const cmdline = Buffer.from(['emissary', ...given, ''].join('\0'));
  fs.readFileSync = ((path: string, ...rest: never[]) =>
    path === '/proc/self/cmdline' ? cmdline : read(path, ...rest)) as typeof read;
}

/** The program ends by `_exit(2)`. */
function writeAtExit(): void {
  const bind = DynamicLibrary.prototype.getFunctions as (definitions: FunctionDefinitions) => object;
  DynamicLibrary.prototype.getFunctions = function (this: DynamicLibrary, definitions: FunctionDefinitions) {
    const functions = bind.call(this, definitions);
    return '_exit' in definitions ? { ...functions, _exit: writeCompiled } : functions;
  } as typeof DynamicLibrary.prototype.getFunctions;
}

function writeCompiled(status: number): void {
  for (const [name, script] of scripts) {
    const path = join(directory, `${name}.code`);
    fs.writeFileSync(path, script.createCachedData());
    fs.writeSync(1, `${path}\n`);
  }
  process.exit(status);
}
