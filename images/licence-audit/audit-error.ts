/** A failure that the person can do something about: one sentence, no trace. */
export class AuditError extends Error {}
