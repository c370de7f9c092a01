import { Fault } from '../base/fault.ts';

/** An engine has given up the start of a job by itself; the events of the job tell more. */
export class NeverStarted extends Fault {}
