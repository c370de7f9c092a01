import { rename, writeFile } from 'node:fs/promises';
import { execa } from 'execa';

/** What goes into a single executable. */
export interface SingleExecutable {
  /** The bundled script, CommonJS. */
  readonly main: string;
  /** The runtime that carries it. */
  readonly runtime: string;
  readonly output: string;
  /** Files that it carries, by the names it knows them by. */
  readonly assets?: Readonly<Record<string, string>>;
  /** Compiled code goes in too. It can only be made on the processor that it is for. */
  readonly codeCache: boolean;
}

/**
 * What the runtime is told at every start: no warning of `node:ffi`, no debugger on USR1, no configuration of OpenSSL's;
 * a young heap (MiB) large enough that a job's start is not held up by a collection; one thread beside the main one for V8's
 * own work, since more of them only take time to start, and the runtime waits for ever for those that it may not have;
 * and that all words are the program's.
 */
const runtimeOptions = [
  '--disable-warning=ExperimentalWarning',
  '--disable-sigusr1',
  '--openssl-config=/dev/null',
  '--min-semi-space-size=2',
  '--v8-pool-size=1',
  '--',
];

/** Puts a script and its assets into a runtime; the result ignores NODE_OPTIONS. */
export async function makeSingleExecutable(parts: SingleExecutable): Promise<void> {
  // Renamed at the end: the old one may be running (a file that runs cannot be written), and nobody sees half of it.
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
  await rename(fresh, parts.output);
}
