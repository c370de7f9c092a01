import type { Architecture } from './architecture.ts';
import { type Change, changeMachineCode } from './machine-code.ts';

/** `sigaddset(&mask, SIGUSR1); pthread_sigmask(SIG_SETMASK, …)`: SIG_SETMASK (2) becomes SIG_BLOCK (0). */
const changes: Readonly<Record<Architecture, Change>> = {
  // mov $10,%esi · call sigaddset · mov $2,%edi
  x64: { pattern: 'be 0a 00 00 00 e8 ? ? ? ? bf 02 00 00 00', at: 11, bytes: [0] },
  // mov w1, #10 · bl sigaddset · add x1, sp, #40 · mov w0, #2 · mov x2, xzr
  arm64: { pattern: '41 01 80 52 ? ? ? 97 e1 a3 00 91 40 00 80 52 e2 03 1f aa', at: 12, bytes: [0] },
};

/**
 * Makes the runtime's start add SIGUSR1 to the signals that are blocked, instead of unblocking all others.
 *
 * The launcher blocks every signal, so that one that comes while the runtime starts waits for the program's handlers.
 * The runtime's start (`PlatformInit` in Node's src/node.cc) sets the mask to SIGUSR1 alone, and has no option against
 * it: a TERM in those 20 ms would kill the wrapper, or, when it is PID 1, be lost. One byte turns SIG_SETMASK into
 * SIG_BLOCK there. Decision 31 tells more; a test sends the signals.
 *
 * @throws Error when the code is not there as expected
 */
export function keepSignalsBlocked(runtime: Buffer, architecture: Architecture): void {
  changeMachineCode(runtime, 'sets the signal mask', changes[architecture]);
}
