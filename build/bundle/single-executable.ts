import { readFile, rename, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { cutUnused } from '../runtime/cut-unused.ts';
import { loadedPart } from '../runtime/elf.ts';

/** The contents of a single executable. */
export interface SingleExecutable {
  /** The bundled script, CommonJS. */
  readonly main: string;
  /** The runtime that embeds it. */
  readonly runtime: string;
  readonly output: string;
  /** Files that it embeds, by asset name. */
  readonly assets?: Readonly<Record<string, string>>;
  /** Whether to embed compiled code, which can be made only on the architecture that it is for. */
  readonly codeCache: boolean;
}

/**
 * The runtime's options at every start: no warning about `node:ffi`; no debugger on USR1; no OpenSSL configuration; a
 * young heap (MiB) large enough that no garbage collection delays a job's start; one thread for V8's own work beside
 * the main one, since more take time to start, and the runtime waits forever for those that it may not create; and
 * `--`, so that all arguments are the program's.
 */
const runtimeOptions = [
  '--disable-warning=ExperimentalWarning',
  '--disable-sigusr1',
  '--openssl-config=/dev/null',
  '--min-semi-space-size=2',
  '--v8-pool-size=1',
  '--',
];

/** Embeds a script and its assets into a runtime; the result ignores NODE_OPTIONS. */
export async function makeSingleExecutable(parts: SingleExecutable): Promise<void> {
  // Renamed at the end: the old file may be running (a running file cannot be written), and no one sees a partial
  // file.
  const fresh = `${parts.output}.new`;
  const configuration = {
    main: parts.main,
    output: fresh,
    executable: parts.runtime,
    disableExperimentalSEAWarning: true,
    useCodeCache: parts.codeCache,
    execArgvExtension: 'none',
    execArgv: [...runtimeOptions],
    assets: parts.assets ?? {},
  };
  const file = `${parts.output}.sea.json`;
  await writeFile(file, JSON.stringify(configuration));
  await execa(process.execPath, ['--build-sea', file], { stdio: 'inherit' });
  // Not before: `--build-sea` takes a program's offsets for its addresses, and would fill the gap again.
  await writeFile(fresh, cutUnused(loadedPart(await readFile(fresh))));
  await rename(fresh, parts.output);
}
