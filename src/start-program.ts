import { readFileSync, writeSync } from 'node:fs';
import process from 'node:process';
import { isSea } from 'node:sea';
import { errnoOf, Fault, messageOf } from './base/fault.ts';
import { limits } from './base/limits.ts';
import { logFlushed } from './base/log.ts';
import { cli, type Program } from './cli.ts';
import { readEnviron } from './kernel/environ.ts';
import { exitNow } from './kernel/exit.ts';
import { ignoredSignals, ignoreSignals } from './kernel/ignored.ts';
import { readBootstrapped, restoreNames } from './settings/cli/bootstrapped.ts';
import { Environment } from './settings/cli/environment.ts';

/** SIGPIPE, SIGXFSZ: a write that fails says so itself. */
const pipeSignal = 13;
const fileSizeSignal = 25;

/**
 * Starts a program of ours, at the edge of its process. Arguments and variables are taken as bytes from /proc, since Node
 * turns them into UTF-8; where /proc is not mounted, Node's own text has to do for the arguments.
 */
export function startProgram(program: Program): void {
  const { bootstrapped, file, args } = readBootstrapped(rawArgv(), process.execPath);
  // The built program never shows the runtime a variable under its name, whoever starts it (decisions 30 and 71).
  const namesHidden = isSea();
  const entries = bootstrapped || !namesHidden ? rawEntries() : readEnviron();
  if (namesHidden) restoreNames(entries);
  const environment = new Environment(entries);
  if (namesHidden) restoreForLibraries(environment);
  prepareRuntime();

  const ignored = ignoredSignals();
  // The runtime would have done this at its start, and so have hidden what was ignored before (build/keep-signals.ts).
  ignoreSignals([pipeSignal, fileSizeSignal]);

  const defect = new Promise<never>((_, reject) => process.on('uncaughtException', reject));
  // Whoever minds it races it; by itself it is no second defect.
  defect.catch(() => undefined);

  void cli(program, { args, environment, program: file, ignored, defect, print }).then(async (status) => {
    await logFlushed();
    // Not Node's own exit: it would wait for a thread that writes to a stalled reader.
    exitNow(status);
  });
}

function prepareRuntime(): void {
  // libuv sizes its thread pool by this variable at the first use: the job's own setting is not meant for us. Two
  // threads may be held by readers that have stalled; the others keep the files going.
  process.env['UV_THREADPOOL_SIZE'] = '6';
  // The first date of the runtime would look for the local zone in the image: /etc/localtime, which may be a FIFO, and
  // where that is no link all of /usr/share/zoneinfo. Nothing here is told in local time; an empty name opens no file
  // (tzset(3)).
  process.env['TZ'] = ':';
}

function rawArgv(): readonly Buffer[] {
  try {
    return splitAtNul(readFileSync('/proc/self/cmdline'));
  } catch {
    // No /proc: words that are not UTF-8 are lost, all others are as they were.
    return [process.argv0, ...process.argv.slice(2)].map((arg) => Buffer.from(arg));
  }
}

function rawEntries(): readonly Buffer[] {
  try {
    return splitAtNul(readFileSync('/proc/self/environ'));
  } catch {
    // As above; the memory has them too.
    return readEnviron();
  }
}

/** Libraries that look for their settings themselves find them under their own names again. */
function restoreForLibraries(environment: Environment): void {
  for (const [name, value] of environment.all()) {
    if (name.startsWith('OTEL_')) process.env[name] = value;
  }
}

function splitAtNul(bytes: Buffer): readonly Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0, start);
    parts.push(bytes.subarray(start, end === -1 ? bytes.length : end));
    start = (end === -1 ? bytes.length : end) + 1;
  }
  return parts;
}

function print(text: string): void {
  const bytes = Buffer.from(text);
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(1, bytes, offset);
    } catch (cause) {
      if (errnoOf(cause) !== 'EAGAIN') {
        throw new Fault('delivery', `Cannot write to the standard output: ${messageOf(cause)}`, { cause });
      }
      // Our caller has made its pipe non-blocking. It is full, and is waited for as one that blocks would be.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, limits.printAgainMs);
    }
  }
}
