/** A signal came before the job was started. */
export class Interrupted extends Error {
  /** What a shell makes of the signal. */
  readonly status: number;

  constructor(status: number) {
    super('interrupted before the job was started');
    this.status = status;
  }
}

/** TERM ended the launcher alone, as `--on-term detach` wants it. */
export class Detached extends Error {
  constructor() {
    super('the launcher was told to leave the job alone');
  }
}
