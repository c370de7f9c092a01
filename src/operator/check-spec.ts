import { Fault } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import type { JobSpec } from './job-resource.ts';

/**
 * Refuses what its pod would be made for, and could not even begin with: its reporter would wait in vain.
 *
 * @throws Fault `usage`
 */
export function checkSpec({ application = {}, command, args = [], variables = [] }: JobSpec): void {
  if (
    application.definition === undefined &&
    application.configMapKeyRef === undefined &&
    command === undefined
  )
    throw new Fault('usage', 'Neither spec.application nor spec.command is there');
  const words = [...(command ?? []).map((word) => ['command', word]), ...args.map((word) => ['args', word])];
  for (const [field, word = ''] of words) {
    if (word.includes('\0')) throw new Fault('usage', `spec.${field} has the character NUL`);
    if (Buffer.byteLength(word) > limits.argumentBytes)
      throw new Fault(
        'usage',
        `spec.${field}: no program can have an argument of more than ${limits.argumentBytes} bytes`,
      );
  }
  if (variables.some(({ name }) => name === 'EMISSARY_ROOT'))
    throw new Fault('usage', 'spec.variables: EMISSARY_ROOT is where the job and its reporter meet');
}
