import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import type { FrameEncoding } from '../../contract/mirror/frame-stream.ts';
import { type CommandLine, readCommandLine, rejectOperands, sourceOf } from '../cli/command-line.ts';
import type { Invocation } from '../cli/invocation.ts';
import { rootDirectory, secondsToMs, wholeNumber } from '../cli/values.ts';
import { helpOf } from '../cli/verbs.ts';

/** The settings of `send`. */
export interface SendSettings {
  readonly root: string;
  /** Null: as the standard streams need it. */
  readonly encoding: FrameEncoding | null;
}

/** The settings of `hold`. */
export interface HoldSettings {
  readonly root: string;
  readonly holdMs: number;
  readonly graceMs: number;
}

/** The settings of `mirror`. */
export interface MirrorSettings {
  /** The mirror's directory. */
  readonly root: string;
  readonly encoding: FrameEncoding;
  /** Bytes that the mirror may have. */
  readonly maxBytes: number;
  /** The command that starts a sender. */
  readonly command: readonly string[];
}

/** @throws Fault `usage` */
export function sendSettings(invocation: Invocation, args: readonly Buffer[]): SendSettings {
  const line = readCommandLine('send', args, invocation.environment);
  const from = (name: string) => sourceOf(name, args, invocation.environment);
  rejectOperands('send', line);
  return {
    root: rootDirectory(line.value('root'), from('root')),
    encoding: encodingIn(line, from('encoding')),
  };
}

/** @throws Fault `usage` */
export function holdSettings(invocation: Invocation, args: readonly Buffer[]): HoldSettings {
  const line = readCommandLine('hold', args, invocation.environment);
  const from = (name: string) => sourceOf(name, args, invocation.environment);
  rejectOperands('hold', line);
  return {
    root: rootDirectory(line.value('root'), from('root')),
    holdMs: secondsToMs(line.value('hold') ?? String(limits.holdSeconds), from('hold')),
    graceMs: secondsToMs(line.value('grace') ?? String(limits.graceSeconds), from('grace')),
  };
}

/** @throws Fault `usage` */
export function mirrorSettings(invocation: Invocation, args: readonly Buffer[]): MirrorSettings {
  const line = readCommandLine('mirror', args, invocation.environment);
  const from = (name: string) => sourceOf(name, args, invocation.environment);
  const command = line.command?.map(String) ?? [];
  if (line.operands.length > 0 || command.length === 0)
    throw new Fault('usage', `mirror needs -- and a command that starts emissary send; ${helpOf('mirror')}`);
  return {
    root: rootDirectory(line.value('root'), from('root')),
    encoding: encodingIn(line, from('encoding')) ?? 'binary',
    maxBytes: wholeNumber(line.value('mirror-limit') ?? String(limits.mirrorBytes), from('mirror-limit')),
    command,
  };
}

function encodingIn(line: CommandLine, source: string): FrameEncoding | null {
  const given = line.value('encoding');
  if (given === null || given === 'binary' || given === 'text') return given;
  throw new Fault('usage', `${source} is neither binary nor text`);
}
