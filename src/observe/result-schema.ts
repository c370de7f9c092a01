import * as z from 'zod/mini';
import { endOfText } from '../base/end-of-text.ts';
import { limits } from '../base/limits.ts';
import {
  type Ended,
  type Initialized,
  largestExitCode,
  type Paused,
  type Result,
  type SavingProgress,
  type Started,
} from '../contract/records.ts';
import { arrayOf } from './array-schema.ts';
import { mayHoldMoreValues } from './may-hold-more-values.ts';

const count = z.int().check(z.nonnegative());
const text = z.string();
const time = z.string().check(z.refine((value) => !Number.isNaN(Date.parse(value)), 'must be a time'));
/** The exit code of an ended process. */
export const exitCodeSchema = z.int().check(z.gte(0), z.lte(largestExitCode));
const stream = z.object({ bytes: count, truncated: z.boolean() });
const output = { name: text, path: text, file: text, bytes: count, sha256: text };

/** A wrapper cuts it itself; what is longer is a job's forgery. */
const printedResult = z.pipe(
  text,
  z.transform((value) => endOfText(Buffer.from(value), limits.printedResultBytes).toString()),
);

/** Longer than any TRACEPARENT; who uses it checks it. */
const traceText = text.check(z.maxLength(500));

/** The schema of `started`. */
export const startedSchema = z.object({ pid: count, startedAt: time, attempt: count });

const endedSchema = z.object({
  attempt: count,
  exitCode: exitCodeSchema,
  signal: z.nullable(text),
  finishedAt: time,
  verdict: z.enum(['succeeded', 'failed', 'terminated', 'timedOut']),
  origin: z.literal('job'),
});

const pausedSchema = z.object({ exitCode: exitCodeSchema, until: time });

const savingSchema = z.object({ bytes: count, files: count, current: text, at: time });

const initializedSchema = z.object({ startedAt: time, finishedAt: time });

/** The schema of `result.json`. */
export const resultSchema = z.object({
  version: z.literal(1),
  container: text,
  command: arrayOf(text),
  pid: z.nullable(count),
  attempts: arrayOf(
    z.object({ startedAt: time, finishedAt: time, exitCode: exitCodeSchema, signal: z.nullable(text) }),
  ),
  startedAt: time,
  finishedAt: time,
  verdict: z.enum(['succeeded', 'failed', 'terminated', 'timedOut', 'skipped', 'error']),
  exitCode: exitCodeSchema,
  signal: z.nullable(text),
  origin: z.enum(['job', 'emissary', 'person']),
  tolerated: z.optional(z.literal(true)),
  message: z.nullable(text),
  stdout: stream,
  stderr: stream,
  usage: z.object({
    userSeconds: z.number(),
    systemSeconds: z.number(),
    maxRssBytes: z.nullable(z.number()),
  }),
  outputs: z.object({
    parameters: arrayOf(z.object(output)),
    artifacts: arrayOf(
      z.object({
        ...output,
        archive: z.enum(['tar', 'zip', 'none', 'zstd']),
        masked: z.optional(z.literal(true)),
      }),
    ),
    missing: arrayOf(
      z.object({
        kind: z.enum(['parameter', 'artifact']),
        name: text,
        path: text,
        optional: z.boolean(),
        reason: text,
      }),
    ),
    skipped: arrayOf(z.object({ path: text, reason: text })),
    result: z.exactOptional(printedResult),
  }),
  begunAt: z.exactOptional(time),
  sealedAt: z.exactOptional(time),
  trace: z.exactOptional(z.object({ parent: traceText, run: traceText })),
});

/** Parses `result.json`; null if it is not a Result. Unknown keys are dropped. */
export function parseResult(bytes: Buffer): Result | null {
  return parse(resultSchema, bytes);
}

/** Parses `started`; null if it is not a Started. */
export function parseStarted(bytes: Buffer): Started | null {
  return parse(startedSchema, bytes);
}

/** Parses `ended`; null if it is not an Ended. */
export function parseEnded(bytes: Buffer): Ended | null {
  return parse(endedSchema, bytes);
}

/** Parses `initialized`; null if it is not an Initialized. */
export function parseInitialized(bytes: Buffer): Initialized | null {
  return parse(initializedSchema, bytes);
}

/** Parses `saving`; null if it is not a SavingProgress. */
export function parseSaving(bytes: Buffer): SavingProgress | null {
  return parse(savingSchema, bytes);
}

/** Parses `paused`; null if it is not a Paused. */
export function parsePaused(bytes: Buffer): Paused | null {
  return parse(pausedSchema, bytes);
}

function parse<T>(schema: z.ZodMiniType<T>, bytes: Buffer): T | null {
  if (mayHoldMoreValues(bytes, limits.resultValues)) return null;
  try {
    const checked = schema.safeParse(JSON.parse(bytes.toString()));
    return checked.success ? checked.data : null;
  } catch {
    return null; // Not JSON: the caller reports it in its own message.
  }
}
