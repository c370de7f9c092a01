import { Fault, reasonOf } from '../base/fault.ts';
import { jsonProblem } from '../base/json-problem.ts';
import { limits } from '../base/limits.ts';
import { newTraceId, traceContext, traceParent } from '../contract/trace-context.ts';
import { type Environment, nameOf } from '../settings/cli/environment.ts';
import { mountedJson } from '../settings/cli/mounted-json.ts';
import { readGiven } from '../settings/cli/read-given.ts';
import type { Template } from '../settings/template/template.ts';
import type { Run } from './open-run.ts';
import type { RunRecord } from './run-record.ts';
import { childSignal } from './stop/signal-classes.ts';
import type { Job } from './supervise.ts';
import { withCheckouts } from './with-checkouts.ts';

/**
 * Builds the job's argv and environment. The argv is the command, the arguments file and the staged script; the
 * environment is ours without the `EMISSARY_` variables.
 *
 * @throws Fault `usage` for an arguments file that is not a JSON array of strings
 */
export function prepareJob(
  { settings, layout, ignored, record }: Run,
  template: Template,
  environment: Environment,
): Job {
  const script = template.script !== null && settings.name === 'main' ? [Buffer.from(layout.script)] : [];
  return {
    args: [...settings.command, ...argumentsFrom(settings.argumentsFile), ...script],
    environment: withCheckouts(
      traced(
        environment.entries.filter((entry) => !nameOf(entry).startsWith('EMISSARY_')),
        environment.get('TRACEPARENT') ?? template.multiflexi.traceparent,
        record,
      ),
      { template, layout },
    ),
    isolated: settings.isolated,
    // With CHLD ignored, the kernel would keep no exit status of a job that exits at once (wait(2)).
    ignored: ignored.filter((signal) => signal !== childSignal),
  };
}

/** A job that is part of a trace gets the span of its own run, which the reporter sends later. */
function traced(entries: readonly Buffer[], given: string | null, record: RunRecord): readonly Buffer[] {
  const parent = given === null ? null : traceContext(given);
  if (parent === null) return entries;
  const run = traceParent({ ...parent, spanId: newTraceId(16) });
  record.trace = { parent: traceParent(parent), run };
  const others = entries.filter((entry) => nameOf(entry) !== 'TRACEPARENT');
  return [...others, Buffer.from(`TRACEPARENT=${run}`)];
}

const unusable = 'Cannot use the arguments file';

function argumentsFrom(path: string | null): readonly Buffer[] {
  if (path === null) return [];
  const args = parse(path);
  if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string')) {
    throw new Fault('usage', `${unusable}: not a JSON array of strings`);
  }
  const bad = args.findIndex((arg) => arg.includes('\0'));
  if (bad !== -1) throw new Fault('usage', `${unusable}: argument ${bad} contains a NUL byte`);
  return args.map((arg) => Buffer.from(arg));
}

function parse(path: string): unknown {
  const text = mountedJson(read(path));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Fault('usage', `${unusable}: not valid JSON (${jsonProblem(text, cause)})`);
  }
}

function read(path: string): string {
  try {
    return readGiven(path, limits.argumentsFileBytes);
  } catch (cause) {
    throw new Fault('usage', `${unusable}: ${reasonOf(cause)}`, { cause });
  }
}
