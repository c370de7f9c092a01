import { Fault } from '../../base/fault.ts';
import { readCommandLine, sourceOf } from '../cli/command-line.ts';
import type { Invocation } from '../cli/invocation.ts';
import { helpOf, type Verb } from '../cli/verbs.ts';
import { stateDirectory } from './state-directory.ts';

/** The settings of the verbs that concern one launched job. */
export interface JobReference {
  readonly state: string;
  /** The key of the job: `job-42` or `run-1a2b3c4d`. */
  readonly key: string;
  /** As the user has written it. */
  readonly text: string;
  readonly quiet: boolean;
  /** `attach` shows what comes from now on. */
  readonly fromNow: boolean;
}

/** The key of a job in the state directory. @param text its ID, or its name as `list` shows it @throws Fault `usage` */
export function jobKey(verb: Verb, text: string): string {
  const key = /^\d{1,10}$/.test(text) ? `job-${Number(text)}` : text;
  if (/^(job-\d{1,10}|run-[0-9a-f]{8})$/.test(key)) return key;
  throw new Fault('usage', `${verb}: the operand is neither a job ID nor a name like run-1a2b3c4d`);
}

/** @throws Fault `usage` */
export function jobReference(
  verb: 'attach' | 'cancel',
  invocation: Invocation,
  args: readonly Buffer[],
): JobReference {
  const { environment } = invocation;
  const line = readCommandLine(verb, args, environment);
  const [text, stray] = line.operands;
  if (text === undefined || stray !== undefined || line.command !== null)
    throw new Fault('usage', `${verb} takes one job: its ID, or its name as list shows it; ${helpOf(verb)}`);
  const key = jobKey(verb, text);
  const from = line.value('from') ?? 'start';
  if (from !== 'start' && from !== 'now') throw new Fault('usage', '--from must be start or now');
  return {
    state: stateDirectory(line, environment, sourceOf('state', args, environment)),
    key,
    text,
    quiet: line.value('quiet') !== null,
    fromNow: from === 'now',
  };
}
