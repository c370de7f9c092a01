import type { Architecture } from '../architecture.ts';
import { type Change, changeMachineCode } from './machine-code.ts';

/**
 * Three steps of `PlatformInit`:
 *
 * - `sigaddset(&mask, SIGUSR1); pthread_sigmask(SIG_SETMASK, …)`: SIG_SETMASK (2) becomes SIG_BLOCK (0);
 * - `ResetSignalHandlers()`, which follows it: left out;
 * - the handlers for INT and TERM: left out, as the test of `kNoDefaultSignalHandling` before them does.
 */
const steps = ['sets the signal mask', 'resets ignored signals', 'handles INT and TERM'] as const;

const changes: Readonly<Record<Architecture, Readonly<Record<(typeof steps)[number], Change>>>> = {
  x64: {
    // mov $10,%esi · call sigaddset · mov $2,%edi
    'sets the signal mask': { pattern: 'be 0a 00 00 00 e8 ? ? ? ? bf 02 00 00 00', at: 11, bytes: [0] },
    // the same, now 0 · mov %r14,%rsi · xor %edx,%edx · call · test %eax,%eax · jne · call → nop · test $0x10,%bl
    'resets ignored signals': {
      pattern:
        'be 0a 00 00 00 e8 ? ? ? ? bf 00 00 00 00 4c 89 f6 31 d2 e8 ? ? ? ? 85 c0 0f 85 ? ? ? ? e8 ? ? ? ? f6 c3 10',
      at: 33,
      bytes: [0x0f, 0x1f, 0x44, 0x00, 0x00],
    },
    // test $0x20,%bl · jne → nop, jmp · lea -200(%rbp),%rdi · xorps %xmm0,%xmm0
    'handles INT and TERM': {
      pattern: 'f6 c3 20 0f 85 ? ? ? ? 48 8d bd 38 ff ff ff 0f 57 c0',
      at: 3,
      bytes: [0x90, 0xe9],
    },
  },
  arm64: {
    // mov w1, #10 · bl sigaddset · add x1, sp, #40 · mov w0, #2 · mov x2, xzr
    'sets the signal mask': {
      pattern: '41 01 80 52 ? ? ? 97 e1 a3 00 91 40 00 80 52 e2 03 1f aa',
      at: 12,
      bytes: [0],
    },
    // the same, now 0 · bl · cbnz w0 · bl → nop · tbnz w20, #4
    'resets ignored signals': {
      pattern:
        '41 01 80 52 ? ? ? 97 e1 a3 00 91 00 00 80 52 e2 03 1f aa ? ? ? 97 ? ? ? 35 ? ? ? 97 ? ? 20 37',
      at: 28,
      bytes: [0x1f, 0x20, 0x03, 0xd5],
    },
    // add x23, sp, #40 · tbnz w20, #5 → b · movi v0.2d, #0 · add x19, sp, #40
    'handles INT and TERM': {
      pattern: 'f7 a3 00 91 74 04 28 37 00 e4 00 6f f3 a3 00 91',
      at: 4,
      bytes: [0x23, 0x00, 0x00, 0x14],
    },
  },
};

/**
 * Makes the runtime's start (`PlatformInit` in Node's src/node.cc), which has no option for it, leave signals
 * unchanged.
 *
 * The bootstrap blocks every signal, so that a signal that arrives while the runtime starts waits for the program's
 * handlers. It must stay blocked: otherwise a TERM in those 20 ms would kill the wrapper, or, if it is PID 1, be lost
 * (decision 31). Ignored signals must stay ignored, so that the program can detect them and the job inherits them
 * (decision 33). Tests send the signals.
 *
 * @throws Error if the code is not there as expected
 */
export function keepSignals(runtime: Buffer, architecture: Architecture): void {
  for (const step of steps) changeMachineCode(runtime, step, changes[architecture][step]);
}
