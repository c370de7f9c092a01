import { Fault } from '../../base/fault.ts';
import type { Run } from '../open-run.ts';
import type { RunVerdict } from '../verdict.ts';

/**
 * Completes the captured output and seals the run.
 * @returns null, or the Fault that prevented the seal: returned, so that it does not hide the job's own failure
 */
export async function sealRun(run: Run, verdict: RunVerdict): Promise<Fault | null> {
  const { recorder, record, reaper } = run;
  await recorder.close();
  run.endRecord.free();
  const streams = { stdout: recorder.record(1), stderr: recorder.record(2) };
  try {
    run.seal.publish(record.result(verdict, streams, reaper.usage));
    return null;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}
