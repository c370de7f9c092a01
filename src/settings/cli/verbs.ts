import { programName } from '../../base/program-name.ts';

/** The verbs of both programs; `emissary` is `run` under Argo's name. */
export const verbs = [
  'init',
  'run',
  'wait',
  'signal',
  'resume',
  'report',
  'status',
  'hold',
  'send',
  'manifest',
  'launch',
  'attach',
  'cancel',
  'list',
  'doctor',
  'operator',
  'mirror',
  'pod-log',
  'page',
] as const;

/** One verb. */
export type Verb = (typeof verbs)[number];

/** Points to a verb's help, at the end of a message: `see emissary run --help`. */
export function helpOf(verb: Verb): string {
  return `see ${programName} ${verb} --help`;
}
