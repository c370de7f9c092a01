import type { Attempt, JobTrace, OutputsRecord, Result, StreamRecord, Usage } from '../contract/records.ts';
import { noOutputs } from '../contract/records.ts';
import type { Secrets } from './mask/find-secrets.ts';
import { maskOutputs } from './mask/mask-outputs.ts';
import { maskWhole } from './mask/stream-mask.ts';
import { exitCodeOf, type Outcome, signalOf } from './outcome.ts';
import type { RunVerdict } from './verdict.ts';

/** Collects the facts about a run; becomes its `Result`. */
export class RunRecord {
  readonly #name: string;
  readonly #secrets: () => Secrets;
  readonly #begunMs = Date.now();
  readonly #attempts: Attempt[] = [];
  #startedMs: number | null = null;
  #command: readonly Buffer[] = [];
  #pid: number | null = null;
  #attemptMs = Date.now();
  #endedMs: number | null = null;
  outputs: OutputsRecord = noOutputs;
  /** The job's place in a trace, if it is part of one. */
  trace: JobTrace | null = null;

  constructor(name: string, secrets: () => Secrets) {
    this.#name = name;
    this.#secrets = secrets;
  }

  /** The number of the current attempt, from 1. */
  get attempt(): number {
    return this.#attempts.length + 1;
  }

  /** The job's start, or the run's if the job never started; ms since 1970. */
  get startedAtMs(): number {
    return this.#startedMs ?? this.#begunMs;
  }

  /** The start of the current attempt, RFC 3339. */
  get attemptAt(): string {
    return new Date(this.#attemptMs).toISOString();
  }

  setCommand(args: readonly Buffer[]): void {
    this.#command = args;
  }

  /** Records that an attempt's process runs. */
  started(pid: number): void {
    this.#pid = pid;
    this.#attemptMs = Date.now();
    this.#startedMs ??= this.#attemptMs;
  }

  /** Records that an attempt's process has exited; its output may not be drained yet. @returns the time, RFC 3339 */
  ended(): string {
    this.#endedMs = Date.now();
    return new Date(this.#endedMs).toISOString();
  }

  /** Adds a finished attempt. */
  addAttempt(outcome: Outcome): void {
    const finishedAt = new Date(this.#endedMs ?? Date.now()).toISOString();
    this.#endedMs = null;
    if (outcome.kind === 'notStarted') this.#attemptMs = Date.now();
    this.#attempts.push({
      startedAt: outcome.kind === 'notStarted' ? finishedAt : this.attemptAt,
      finishedAt,
      exitCode: exitCodeOf(outcome),
      signal: signalOf(outcome),
    });
  }

  /** Masks a message or file name of ours, which may quote the job's arguments. */
  masked(text: string): string {
    return maskWhole(Buffer.from(text), this.#secrets()).toString();
  }

  /** Builds the record to publish. */
  result(verdict: RunVerdict, streams: { stdout: StreamRecord; stderr: StreamRecord }, usage: Usage): Result {
    const last = this.#attempts.at(-1);
    return {
      version: 1,
      container: this.#name,
      command: this.#command.map((arg) => maskWhole(arg, this.#secrets()).toString()),
      pid: this.#pid,
      attempts: this.#attempts,
      startedAt: new Date(this.startedAtMs).toISOString(),
      finishedAt: last?.finishedAt ?? new Date().toISOString(),
      verdict: verdict.verdict,
      exitCode: verdict.exitCode,
      signal: verdict.signal,
      origin: verdict.origin,
      ...(verdict.tolerated === true && { tolerated: true }),
      message: verdict.message === null ? null : this.masked(verdict.message),
      stdout: streams.stdout,
      stderr: streams.stderr,
      usage,
      outputs: maskOutputs(this.outputs, (text) => this.masked(text)),
      begunAt: new Date(this.#begunMs).toISOString(),
      sealedAt: new Date().toISOString(),
      ...(this.trace !== null && { trace: this.trace }),
    };
  }
}
