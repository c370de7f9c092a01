import { Fault } from '../base/fault.ts';

/** Whether an error says that a resource cannot be a job. All others are the cluster's or our own, and pass. */
export function isOfJob(error: unknown): error is Fault {
  return error instanceof Fault && (error.code === 'usage' || error.code === 'template');
}
