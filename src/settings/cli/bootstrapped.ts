/** How this process was started, and with which arguments. */
export interface BootstrappedArgv {
  /** True if the bootstrap started it: signals are blocked, and the loader's arguments come first. */
  readonly bootstrapped: boolean;
  /** The file that contains this program. */
  readonly file: string;
  /** The arguments after the program's name. */
  readonly args: readonly Buffer[];
}

/** The loader's options that the bootstrap adds after argv[0]; the library directory and the program follow. */
const loaderOptions = ['--inhibit-cache', '--library-path'];
const programIndex = 1 + loaderOptions.length + 1;
/** The path of the installed program; only the bootstrap starts it from there. */
const installedPath = /(?:^|\/)runtime\/[0-9a-f]{12}\/program$/;

/**
 * Separates the bootstrap's arguments from the user's (`build/bootstrap/bootstrap.ts` is the other side). Ignores
 * argv[0]: an emulator replaces it with a file name.
 *
 * @param args the whole argument vector of the process; without /proc, only the program's name and what follows
 * @param executable the file that the kernel started: the program, or the loader
 */
export function readBootstrapped(args: readonly Buffer[], executable: string): BootstrappedArgv {
  const [name = '', ...options] = args.slice(0, programIndex).map(String);
  const program = args[programIndex]?.toString() ?? '';
  if (loaderOptions.every((option, index) => options[index] === option) && installedPath.test(program)) {
    return { bootstrapped: true, file: program, args: args.slice(programIndex + 1) };
  }
  if (installedPath.test(name)) return { bootstrapped: true, file: name, args: args.slice(1) };
  return { bootstrapped: false, file: executable, args: args.slice(1) };
}

const flipped = 0x80;

/**
 * Restores the variable names in place: the bootstrap, or the program's own first code, flipped the highest bit of
 * each name's first byte, unless that would have made the byte 0.
 */
export function restoreNames(entries: readonly Buffer[]): void {
  for (const entry of entries) {
    const first = entry[0];
    if (first !== undefined && first !== flipped) entry[0] = first ^ flipped;
  }
}
