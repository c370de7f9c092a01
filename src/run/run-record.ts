import type { Attempt, OutputsRecord, Result, StreamRecord, Usage } from '../contract/records.ts';
import { noOutputs } from '../contract/records.ts';
import { maskWhole, type Secrets } from './mask/mask.ts';
import { maskOutputs } from './mask/mask-outputs.ts';
import { exitCodeOf, type Outcome, signalOf } from './outcome.ts';
import type { RunVerdict } from './verdict.ts';

/** What is known of a run so far; becomes its `Result`. */
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

  constructor(name: string, secrets: () => Secrets) {
    this.#name = name;
    this.#secrets = secrets;
  }

  /** The number of the attempt that is under way, from 1. */
  get attempt(): number {
    return this.#attempts.length + 1;
  }

  /** The start of the job, or of the run where the job was never started; ms since 1970. */
  get startedAtMs(): number {
    return this.#startedMs ?? this.#begunMs;
  }

  /** The start of the present attempt, RFC 3339. */
  get attemptAt(): string {
    return new Date(this.#attemptMs).toISOString();
  }

  setCommand(args: readonly Buffer[]): void {
    this.#command = args;
  }

  /** An attempt's process runs. */
  started(pid: number): void {
    this.#pid = pid;
    this.#attemptMs = Date.now();
    this.#startedMs ??= this.#attemptMs;
  }

  /** An attempt's process has ended; its output may still be on the way. @returns when, RFC 3339 */
  ended(): string {
    this.#endedMs = Date.now();
    return new Date(this.#endedMs).toISOString();
  }

  /** An attempt is over. */
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

  /** A sentence of ours, or the name of a file: either may quote the job's words. */
  masked(text: string): string {
    return maskWhole(Buffer.from(text), this.#secrets()).toString();
  }

  /** The record as it is published. */
  result(
    judgement: RunVerdict,
    streams: { stdout: StreamRecord; stderr: StreamRecord },
    usage: Usage,
  ): Result {
    const last = this.#attempts.at(-1);
    return {
      version: 1,
      container: this.#name,
      command: this.#command.map((arg) => maskWhole(arg, this.#secrets()).toString()),
      pid: this.#pid,
      attempts: this.#attempts,
      startedAt: new Date(this.startedAtMs).toISOString(),
      finishedAt: last?.finishedAt ?? new Date().toISOString(),
      verdict: judgement.verdict,
      exitCode: judgement.exitCode,
      signal: judgement.signal,
      origin: judgement.origin,
      message: judgement.message === null ? null : this.masked(judgement.message),
      stdout: streams.stdout,
      stderr: streams.stderr,
      usage,
      outputs: maskOutputs(this.outputs, (text) => this.masked(text)),
    };
  }
}
