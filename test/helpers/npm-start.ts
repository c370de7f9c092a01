import { readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { execa, type ResultPromise } from 'execa';
import { until } from './until.ts';
import { temporaryVolume } from './volume.ts';

/** A start that takes longer than this is killed, ms. */
const boundMs = 120_000;

/** What `npm start` did, and its database. */
export interface Started {
  readonly process: ResultPromise<{ reject: false; all: true; stdin: 'pipe' }>;
  /** All output so far, both streams. */
  shown(): string;
  /** Waits until this text has been shown. */
  shows(text: string | RegExp): Promise<void>;
  /** Rows of the database. */
  rows(query: string): readonly Record<string, unknown>[];
  /** Files left in the temporary directory. */
  left(): readonly string[];
}

/**
 * Starts build/start.ts with the test's own database and temporary directory, so that nothing is left in the
 * tree.
 *
 * @param how `npm` goes through npm, as a user does; `terminal` runs it in a pseudo-terminal (script(1)), where keys are typed by writing to its input
 */
export async function npmStart(
  t: TestContext,
  command: readonly string[],
  how: { terminal?: boolean; npm?: boolean; env?: Record<string, string>; input?: string } = {},
): Promise<Started> {
  const directory = temporaryVolume(t);
  const temporary = join(directory, 'tmp');
  await mkdir(temporary);
  const database = join(directory, 'multiflexi.sqlite');
  const through = how.npm === true ? ['npm', 'start', '--'] : [process.execPath, resolve('build/start.ts')];
  const args = [...through, ...command];
  const [file = '', ...rest] = how.terminal === true ? inTerminal(args) : args;
  const started = execa(file, rest, {
    env: { TMPDIR: temporary, MULTIFLEXI_DATABASE_URL: `sqlite://${database}`, SHELL: '/bin/sh', ...how.env },
    ...(how.input !== undefined && { input: how.input }),
    reject: false,
    all: true,
    timeout: boundMs,
    stripFinalNewline: false,
  }) as Started['process'];
  t.after(() => void started.kill('SIGHUP'));
  let ended = false;
  const end = () => {
    ended = true;
  };
  started.then(end, end);
  let shown = '';
  started.all.on('data', (piece: Buffer) => {
    shown += piece.toString();
  });
  return {
    process: started,
    shown: () => shown,
    shows: async (text) => {
      const found = () => (typeof text === 'string' ? shown.includes(text) : text.test(shown));
      await until(`npm start shows ${text}`, () => found() || ended);
      if (!found()) throw new Error(`npm start never showed ${text}, only:\n${shown}`);
    },
    rows: (query) => new DatabaseSync(database, { readOnly: true }).prepare(query).all(),
    left: () => readdirSync(temporary),
  };
}

function inTerminal(args: readonly string[]): readonly string[] {
  const line = args.map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`).join(' ');
  return ['script', '--quiet', '--return', '--command', `stty cols 80; exec ${line}`, '/dev/null'];
}
