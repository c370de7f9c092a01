import type { TestContext } from 'node:test';
import { type ReportedJob, reportedJob } from './reported-job.ts';
import { type StandIn, standIn } from './stand-in.ts';

/** A reported job that has been started, whose wrapper is a stand-in. */
export function standInJob(t: TestContext): { readonly job: ReportedJob; readonly wrapper: StandIn } {
  const job = reportedJob(t);
  const wrapper = standIn(t, job.root);
  wrapper.started();
  return { job, wrapper };
}
