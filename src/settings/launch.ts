/** How this process was started, and with which words. */
export interface Launch {
  /** True when the launcher did it: variables are disguised, signals blocked, and the loader's words come first. */
  readonly launched: boolean;
  /** The file that holds this program. */
  readonly program: string;
  /** The words after the program's name. */
  readonly words: readonly Buffer[];
}

/** The launcher's first word: its mark, and what was blocked before, as 16 letters from a to p. */
const mark = /^emissary:[a-p]{16}$/;
/** Without /proc the mark is not to be seen; then the place tells: nothing else starts the program there. */
const place = /(?:^|\/)runtime\/[0-9a-f]{12}\/program$/;
const launcherWords = ['mark', '--inhibit-cache', '--library-path', 'directory', 'program'].length;

/**
 * Tells the launcher's words from the person's (`build/launcher/launcher.ts` is the other side).
 * @param words all words of the process, its name first
 * @param executable the file that the kernel started: the program, or the loader
 */
export function readLaunch(words: readonly Buffer[], executable: string): Launch {
  const name = words[0]?.toString() ?? '';
  const program = words[launcherWords - 1];
  if (program !== undefined && mark.test(name)) {
    return { launched: true, program: program.toString(), words: words.slice(launcherWords) };
  }
  if (place.test(name)) return { launched: true, program: name, words: words.slice(1) };
  return { launched: false, program: executable, words: words.slice(1) };
}

const flipped = 0x80;

/**
 * Gives the variables their names back, in place: the launcher flipped the highest bit of each first byte, save where
 * that would have made it 0.
 */
export function undisguise(entries: readonly Buffer[]): void {
  for (const entry of entries) {
    const first = entry[0];
    if (first !== undefined && first !== flipped) entry[0] = first ^ flipped;
  }
}
