/** A signal came before the job was started. */
export class Interrupted extends Error {
  /** What a shell makes of the signal. */
  readonly status: number;

  constructor(status: number) {
    super('interrupted before the job was started');
    this.status = status;
  }
}

/** The launcher ends before its job: the next launch of the job finishes it. */
export class LeftJob extends Error {
  constructor() {
    super('the launcher leaves its job');
  }
}
