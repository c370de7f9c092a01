import { closeSync, constants, openSync } from 'node:fs';
import { bind } from './libc.ts';
import { readNow } from './pipe.ts';

const readWrite = 0o2;
const noControllingTerminal = 0o400;
const closeOnExec = 0o2000000;
const getWindowSize = 0x5413n;
const setWindowSize = 0x5414n;
const atOnce = 0;
const written = 1;
const duplicate = 1030;

/** Larger than glibc's `struct termios` (60 bytes). */
const termiosBytes = 128;
/** Longer than a path below /dev/pts. */
const nameBytes = 128;
/** Where `c_oflag` stands in it, and its bit OPOST. */
const outputFlags = 4;
const postProcess = 1;
/** Where `c_lflag` stands in it, its bit ICANON, and where `c_cc[VEOF]` stands. */
const localFlags = 12;
const byLines = 2;
const endCharacter = 21;
/** All of `c_cc` that works where IEXTEN is off: VERASE, VKILL, VEOF, VEOL, VEOL2. */
const lineCharacters = [19, 20, endCharacter, 28, 33];
/** POLLIN (poll(2)). */
const canBeRead = 1;
/** More than a terminal has room for (N_TTY_BUF_SIZE, 4 KiB): one read takes a line or what was ended with VEOF. */
const lineBytes = 8192;

const bindTerminal = () =>
  bind({
    posix_openpt: { arguments: ['i32'], return: 'i32' },
    grantpt: { arguments: ['i32'], return: 'i32' },
    unlockpt: { arguments: ['i32'], return: 'i32' },
    ptsname_r: { arguments: ['i32', 'buffer', 'u64'], return: 'i32' },
    tcgetattr: { arguments: ['i32', 'buffer'], return: 'i32' },
    tcflush: { arguments: ['i32', 'i32'], return: 'i32' },
    tcsetattr: { arguments: ['i32', 'i32', 'buffer'], return: 'i32' },
    cfmakeraw: { arguments: ['buffer'], return: 'void' },
    ioctl: { arguments: ['i32', 'u64', 'buffer'], return: 'i32' },
    fcntl: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
    tcgetpgrp: { arguments: ['i32'], return: 'i32' },
    getpgrp: { arguments: [], return: 'i32' },
    poll: { arguments: ['buffer', 'u64', 'i32'], return: 'i32' },
  });
let functions: ReturnType<typeof bindTerminal> | null = null;
const libc = () => (functions ??= bindTerminal());

/** A pseudo-terminal (pty(7)): our side, a descriptor of the job's side, and its path. */
export interface PseudoTerminal {
  readonly master: number;
  readonly slave: number;
  readonly path: string;
}

/** The settings of a terminal, opaque. */
export type TerminalSettings = Buffer;

/** What a terminal hands on as it is. */
export interface RawWays {
  readonly typed: boolean;
  readonly shown: boolean;
}

/** Makes a pseudo-terminal; null where there is no devpts. */
export function openPseudoTerminal(): PseudoTerminal | null {
  const master = libc().posix_openpt(readWrite | noControllingTerminal | closeOnExec);
  if (master === -1) return null;
  libc().grantpt(master);
  libc().unlockpt(master);
  const name = Buffer.alloc(nameBytes);
  libc().ptsname_r(master, name, BigInt(name.length));
  const path = name.toString('latin1', 0, name.indexOf(0));
  try {
    return { master, slave: openSync(path, constants.O_RDWR | constants.O_NOCTTY), path };
  } catch {
    closeSync(master);
    return null;
  }
}

/** The settings of a terminal (tcgetattr(3)); null when it is none. */
export function terminalSettings(file: number): TerminalSettings | null {
  const settings = Buffer.alloc(termiosBytes);
  return libc().tcgetattr(file, settings) === 0 ? settings : null;
}

/** Sets a terminal (tcsetattr(3)), at once. */
export function setTerminal(file: number, settings: TerminalSettings): void {
  libc().tcsetattr(file, atOnce, settings);
}

/**
 * Whether this process may set and read a terminal: not from the background (`&`, timeout(1)), from where the kernel
 * stops whoever tries, and lets him who catches that signal try for ever (TTIN and TTOU, termios(3)). A terminal that is
 * not our session's own knows no background.
 */
export function isInForeground(file: number): boolean {
  const foreground = libc().tcgetpgrp(file);
  return foreground === -1 || foreground === libc().getpgrp();
}

/** The settings that hand every byte on as it is (cfmakeraw(3)): what is typed, what is shown, or both. */
export function rawSettings(settings: TerminalSettings, ways: RawWays): TerminalSettings {
  const raw = Buffer.from(settings);
  if (ways.typed) libc().cfmakeraw(raw);
  const output = settings.readUInt32LE(outputFlags);
  raw.writeUInt32LE((ways.shown ? output & ~postProcess : output) >>> 0, outputFlags);
  return raw;
}

/** Whether what is typed comes by lines, and Ctrl-D ends one (ICANON, termios(3)). */
export function readsByLines(settings: TerminalSettings): boolean {
  return (settings.readUInt32LE(localFlags) & byLines) !== 0;
}

/**
 * Raw settings for a terminal that still reads by lines: every byte is one of the line, and only its end is one. Unlike
 * `rawSettings`, they leave what was typed before as it is, with its ends of input; those would become NUL bytes.
 */
export function rawLineSettings(raw: TerminalSettings): TerminalSettings {
  const settings = Buffer.from(raw);
  settings.writeUInt32LE((raw.readUInt32LE(localFlags) | byLines) >>> 0, localFlags);
  for (const character of lineCharacters) settings.writeUInt8(0, character);
  return settings;
}

/**
 * Reads the next line that was typed into a terminal that reads by lines, without waiting: with its newline; without
 * one, it was ended with Ctrl-D, and an empty one is an end of the input. Null when there is none.
 */
export function typedLine(file: number): Buffer | null {
  const wanted = Buffer.alloc(8);
  wanted.writeInt32LE(file, 0);
  wanted.writeInt16LE(canBeRead, 4);
  // Nothing else: a terminal that has hung up can be read without end.
  if (libc().poll(wanted, 1n, 0) !== 1 || wanted.readInt16LE(6) !== canBeRead) return null;
  const line = Buffer.alloc(lineBytes);
  const count = readNow(file, line);
  return count < 0 ? null : line.subarray(0, count);
}

/** What is to be typed to end the input of who reads that terminal by lines, also behind half a line; else nothing. */
export function endOfInput(settings: TerminalSettings): Buffer {
  const end = settings.readUInt8(endCharacter);
  return !readsByLines(settings) || end === 0 ? Buffer.alloc(0) : Buffer.alloc(2, end);
}

/** The character that ends a line or the input (VEOF); none where it was switched off. */
export function endOfLine(settings: TerminalSettings): Buffer {
  const end = settings.readUInt8(endCharacter);
  return end === 0 ? Buffer.alloc(0) : Buffer.alloc(1, end);
}

/** Discards what was typed into a terminal and nobody has read (tcflush(3)). @param master our side of it */
export function discardTyped(master: number): void {
  libc().tcflush(master, written);
}

/** Gives one terminal the window size of another (TIOCSWINSZ). The kernel tells the processes there. */
export function copyWindowSize(from: number, to: number): void {
  const size = Buffer.alloc(8);
  if (libc().ioctl(from, getWindowSize, size) === 0) libc().ioctl(to, setWindowSize, size);
}

/** A second descriptor for the same thing, close-on-exec. */
export function duplicateDescriptor(file: number): number {
  return libc().fcntl(file, duplicate, 0);
}
