/** How this process was started, and with which words. */
export interface BootstrappedArgv {
  /** True when the launcher did it: signals are blocked, and the loader's words come first. */
  readonly bootstrapped: boolean;
  /** The file that holds this program. */
  readonly file: string;
  /** The words after the program's name. */
  readonly args: readonly Buffer[];
}

/** The loader's options that the launcher gives, after the first word; then come the directory and the program. */
const loaderOptions = ['--inhibit-cache', '--library-path'];
const programAt = 1 + loaderOptions.length + 1;
/** Where the installed program stands; nothing but the launcher starts one there. */
const place = /(?:^|\/)runtime\/[0-9a-f]{12}\/program$/;

/**
 * Tells the launcher's words from the person's (`build/bootstrap/bootstrap.ts` is the other side). Its first word is not
 * looked at: an emulator puts a file's name in its place.
 *
 * @param args all words of the process, its name first; where /proc cannot tell, only the program's name and what
 *   follows
 * @param executable the file that the kernel started: the program, or the loader
 */
export function readBootstrapped(args: readonly Buffer[], executable: string): BootstrappedArgv {
  const [name = '', ...options] = args.slice(0, programAt).map(String);
  const program = args[programAt]?.toString() ?? '';
  if (loaderOptions.every((option, index) => options[index] === option) && place.test(program)) {
    return { bootstrapped: true, file: program, args: args.slice(programAt + 1) };
  }
  if (place.test(name)) return { bootstrapped: true, file: name, args: args.slice(1) };
  return { bootstrapped: false, file: executable, args: args.slice(1) };
}

const flipped = 0x80;

/**
 * Gives the variables their names back, in place: the launcher, or the program's own first code, flipped the highest bit of each first byte, save where
 * that would have made it 0.
 */
export function restoreNames(entries: readonly Buffer[]): void {
  for (const entry of entries) {
    const first = entry[0];
    if (first !== undefined && first !== flipped) entry[0] = first ^ flipped;
  }
}
