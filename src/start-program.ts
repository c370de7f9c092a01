import { readFileSync, writeSync } from 'node:fs';
import process from 'node:process';
import { isSea } from 'node:sea';
import { errnoOf, Fault, messageOf } from './base/fault.ts';
import { limits } from './base/limits.ts';
import { logFlushed } from './base/log.ts';
import { cli, type Program } from './cli.ts';
import { exitNow } from './kernel/exit-now.ts';
import { ignoredSignals, ignoreSignals } from './kernel/ignored-signals.ts';
import { readEnviron } from './kernel/read-environ.ts';
import { readBootstrapped, restoreNames } from './settings/cli/bootstrapped.ts';
import { Environment } from './settings/cli/environment.ts';

/** SIGPIPE, SIGXFSZ: ignored, because a failed write reports its own error. */
const pipeSignal = 13;
const fileSizeSignal = 25;

/**
 * Starts a program: the only place that touches the process's globals. Arguments and variables are read as bytes from
 * /proc, because Node converts them to UTF-8. Where /proc is not mounted, Node's text is used for the arguments.
 */
export function startProgram(program: Program): void {
  const { bootstrapped, file, args } = readBootstrapped(rawArgv(), process.execPath);
  // The built program never shows the runtime a variable under its real name, however it is started (decisions 30 and
  // 71).
  const namesHidden = isSea();
  const entries = bootstrapped || !namesHidden ? rawEntries() : readEnviron();
  if (namesHidden) restoreNames(entries);
  const environment = new Environment(entries);
  if (namesHidden) restoreForLibraries(environment);
  prepareRuntime();

  const ignored = ignoredSignals();
  // The runtime would have done this at its start, and so hidden what was ignored before (build/runtime/keep-signals.ts).
  ignoreSignals([pipeSignal, fileSizeSignal]);

  const defect = new Promise<never>((_, reject) => process.on('uncaughtException', reject));
  // Those who care about it race it; a rejection that nobody awaits must not be another uncaught exception.
  defect.catch(() => undefined);

  void cli(program, { args, environment, program: file, ignored, defect, print }).then(async (status) => {
    await logFlushed();
    // Not Node's own exit, which would wait for a thread that is writing to a stalled reader.
    exitNow(status);
  });
}

function prepareRuntime(): void {
  // libuv reads the size of its thread pool from this variable on first use; the job's own value is not meant for us.
  // Stalled readers may block two threads; the others keep processing files.
  process.env['UV_THREADPOOL_SIZE'] = '6';
  // The runtime's first date would look up the local time zone in the image: /etc/localtime, which may be a FIFO, and
  // if it is not a link, all of /usr/share/zoneinfo. Nothing here uses local time; an empty name opens no file
  // (tzset(3)).
  process.env['TZ'] = ':';
  // What a library should not call any more is no message to a user.
  process.noDeprecation = true;
}

function rawArgv(): readonly Buffer[] {
  try {
    return splitAtNul(readFileSync('/proc/self/cmdline'));
  } catch {
    // No /proc: arguments that are not UTF-8 are damaged, all others are intact.
    return [process.argv0, ...process.argv.slice(2)].map((arg) => Buffer.from(arg));
  }
}

function rawEntries(): readonly Buffer[] {
  try {
    return splitAtNul(readFileSync('/proc/self/environ'));
  } catch {
    // As above, but memory has the original bytes.
    return readEnviron();
  }
}

/** OpenTelemetry's, and where the clients of object stores find credentials. */
const forLibraries = /^(?:OTEL|AWS|IDENTITY|MSI)_|^HOME$/;

/** Restores the names of variables that libraries read themselves. */
function restoreForLibraries(environment: Environment): void {
  for (const [name, value] of environment.all()) {
    if (forLibraries.test(name)) process.env[name] = value;
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
      // The pipe is non-blocking and full: wait as a blocking write would.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, limits.writeRetryMs);
    }
  }
}
