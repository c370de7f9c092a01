import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Ended, Result, SavingProgress } from '../../src/contract/records.ts';
import { atEnd } from './at-end.ts';

/** The files that a wrapper leaves on the volume, written by a test instead. */
export interface StandIn {
  /** It has started its job. */
  started(): void;
  /** Its job has ended. */
  ended(ended?: Partial<Ended>): void;
  saving(saving: SavingProgress): void;
  /** Its result and its seal. */
  seal(exitCode: number, result?: Partial<Result>): void;
  /** It is gone. */
  die(): void;
  write(file: string, content: string): void;
}

const at = '2026-11-28T12:00:00.000Z';

/** Stands in for the wrapper of a container: holds `alive`, and writes the given records at the given time. */
export function standIn(t: TestContext, root: string, name = 'main'): StandIn {
  const directory = join(root, 'ctr', name);
  mkdirSync(directory, { recursive: true });
  const alive = join(directory, 'alive');
  execFileSync('mkfifo', [alive]);
  let held: number | null = openSync(alive, constants.O_RDWR | constants.O_NONBLOCK);
  const write = (file: string, content: string) => writeFileSync(join(directory, file), content);
  const die = () => {
    if (held !== null) closeSync(held);
    held = null;
  };
  atEnd(t, die);
  return {
    started: () => {
      for (const file of ['stdout', 'stderr', 'timeline']) write(file, '');
      write('started', JSON.stringify({ pid: 4711, startedAt: at, attempt: 1 }));
    },
    ended: (ended) => {
      const whole: Ended = {
        attempt: 1,
        exitCode: 0,
        signal: null,
        finishedAt: at,
        verdict: 'succeeded',
        origin: 'job',
        ...ended,
      };
      write('ended', JSON.stringify(whole));
    },
    saving: (saving) => write('saving', JSON.stringify(saving)),
    seal: (exitCode, result) => {
      write('result.json', JSON.stringify({ ...resultOf(name, exitCode), ...result }));
      write('exitcode', String(exitCode));
    },
    die,
    write,
  };
}

function resultOf(container: string, exitCode: number): Result {
  return {
    version: 1,
    container,
    command: ['job'],
    pid: 4711,
    attempts: [{ startedAt: at, finishedAt: at, exitCode, signal: null }],
    startedAt: at,
    finishedAt: at,
    verdict: exitCode === 0 ? 'succeeded' : 'failed',
    exitCode,
    signal: null,
    origin: 'job',
    message: exitCode === 0 ? null : `The job exited with code ${exitCode}`,
    stdout: { bytes: 0, truncated: false },
    stderr: { bytes: 0, truncated: false },
    usage: { userSeconds: 0, systemSeconds: 0, maxRssBytes: 0 },
    outputs: { parameters: [], artifacts: [], missing: [], skipped: [] },
  };
}
