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
/** The offset of `c_oflag`, and its bit OPOST. */
const outputFlags = 4;
const postProcess = 1;
/** The offset of `c_lflag`, its bit ICANON, and the offset of `c_cc[VEOF]`. */
const localFlags = 12;
const canonicalMode = 2;
const endCharacter = 21;
/** The characters of `c_cc` that are active without IEXTEN: VERASE, VKILL, VEOF, VEOL, VEOL2. */
const lineCharacters = [19, 20, endCharacter, 28, 33];
/** POLLIN (poll(2)). */
const pollIn = 1;
/** More than a terminal buffers (N_TTY_BUF_SIZE, 4 KiB): one read takes a line, or input that was ended with VEOF. */
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

/** Which directions of a terminal are raw. */
export interface RawDirections {
  readonly typed: boolean;
  readonly shown: boolean;
}

/** Opens a pseudo-terminal; null where there is no devpts. */
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

/** The settings of a terminal (tcgetattr(3)); null if the descriptor is not one. */
export function terminalSettings(file: number): TerminalSettings | null {
  const settings = Buffer.alloc(termiosBytes);
  return libc().tcgetattr(file, settings) === 0 ? settings : null;
}

/** Applies settings to a terminal immediately (tcsetattr(3)). */
export function setTerminal(file: number, settings: TerminalSettings): void {
  libc().tcsetattr(file, atOnce, settings);
}

/**
 * Whether this process may configure and read a terminal. A background process (`&`, timeout(1)) may not: the kernel
 * stops it, or makes it retry forever if it catches the signal (TTIN and TTOU, termios(3)). A terminal that does not
 * control our session has no background.
 */
export function isInForeground(file: number): boolean {
  const foreground = libc().tcgetpgrp(file);
  return foreground === -1 || foreground === libc().getpgrp();
}

/** Settings that pass every byte through unchanged (cfmakeraw(3)): for input, output, or both. */
export function rawSettings(settings: TerminalSettings, directions: RawDirections): TerminalSettings {
  const raw = Buffer.from(settings);
  if (directions.typed) libc().cfmakeraw(raw);
  const output = settings.readUInt32LE(outputFlags);
  raw.writeUInt32LE((directions.shown ? output & ~postProcess : output) >>> 0, outputFlags);
  return raw;
}

/** Whether input is read line by line and Ctrl-D ends it (ICANON, termios(3)). */
export function readsByLines(settings: TerminalSettings): boolean {
  return (settings.readUInt32LE(localFlags) & canonicalMode) !== 0;
}

/**
 * Raw settings for a terminal that still reads line by line: every byte is input, and only the newline ends a line.
 * Unlike `rawSettings`, they keep earlier input and its end-of-file marks, which would otherwise become NUL bytes.
 */
export function rawLineSettings(raw: TerminalSettings): TerminalSettings {
  const settings = Buffer.from(raw);
  settings.writeUInt32LE((raw.readUInt32LE(localFlags) | canonicalMode) >>> 0, localFlags);
  for (const character of lineCharacters) settings.writeUInt8(0, character);
  return settings;
}

/**
 * Reads the next line of a terminal that reads line by line, without blocking. The line includes its newline. Without
 * one, it was ended with Ctrl-D, and an empty one is the end of the input. Null if there is no line.
 */
export function typedLine(file: number): Buffer | null {
  const wanted = Buffer.alloc(8);
  wanted.writeInt32LE(file, 0);
  wanted.writeInt16LE(pollIn, 4);
  // No other event: a terminal that has hung up is always readable.
  if (libc().poll(wanted, 1n, 0) !== 1 || wanted.readInt16LE(6) !== pollIn) return null;
  const line = Buffer.alloc(lineBytes);
  const count = readNow(file, line);
  return count < 0 ? null : line.subarray(0, count);
}

/**
 * What to type to end the input of a program that reads this terminal line by line, even after half a line; else
 * nothing.
 */
export function endOfInput(settings: TerminalSettings): Buffer {
  const end = settings.readUInt8(endCharacter);
  return !readsByLines(settings) || end === 0 ? Buffer.alloc(0) : Buffer.alloc(2, end);
}

/** The character that ends a line or the input (VEOF); empty if it is disabled. */
export function endOfLine(settings: TerminalSettings): Buffer {
  const end = settings.readUInt8(endCharacter);
  return end === 0 ? Buffer.alloc(0) : Buffer.alloc(1, end);
}

/** Discards unread input of a terminal (tcflush(3)). @param master our side of it */
export function discardTyped(master: number): void {
  libc().tcflush(master, written);
}

/** Copies the window size of one terminal to another (TIOCSWINSZ). The kernel notifies the processes there. */
export function copyWindowSize(from: number, to: number): void {
  const size = Buffer.alloc(8);
  if (libc().ioctl(from, getWindowSize, size) === 0) libc().ioctl(to, setWindowSize, size);
}

/** Duplicates a descriptor, close-on-exec. */
export function duplicateDescriptor(file: number): number {
  return libc().fcntl(file, duplicate, 0);
}
