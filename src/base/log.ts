import { writeSync } from 'node:fs';

/**
 * Says one sentence to the person, on the emissary's own standard error, marked as ours.
 * Never throws: a standard error that is closed or full must not end a job.
 */
export function say(sentence: string): void {
  try {
    writeSync(2, `emissary: ${sentence}\n`);
  } catch {
    // Nobody listens on standard error, and there is no other place to say so.
  }
}
