import type { OutputsRecord } from '../contract/records.ts';
import type { Template } from '../settings/template/template.ts';
import type { Run } from './open-run.ts';
import type { AttemptEnd } from './supervise.ts';

/** Adds what the job has printed as its result, if the template asks for it and the job was started. */
export async function addPrintedResult(
  outputs: OutputsRecord,
  of: { readonly run: Run; readonly template: Template; readonly end: AttemptEnd },
): Promise<OutputsRecord> {
  const { run, template, end } = of;
  const isWanted = template.multiflexi.captureResult && run.settings.name === 'main';
  if (!isWanted || end.outcome.kind === 'notStarted') return outputs;
  const { printedResult } = await import('./printed-result.ts');
  return { ...outputs, result: printedResult(run.recorder) };
}
