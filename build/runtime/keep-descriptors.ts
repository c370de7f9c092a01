import type { Architecture } from '../architecture.ts';
import { type Change, changeMachineCode } from './machine-code.ts';

const steps = ['closes descriptors at exec', 'raises the limit of open files'] as const;

const changes: Readonly<Record<Architecture, Readonly<Record<(typeof steps)[number], Change>>>> = {
  x64: {
    // test $0x11,%bl · jne → jmp · call
    'closes descriptors at exec': { pattern: 'f6 c3 11 75 05 e8', at: 3, bytes: [0xeb] },
    // test $0x400,%ebx · mov %ebx,-52(%rbp) · jne → nop, jmp · … · lea -208(%rbp),%rsi · mov $7,%edi
    'raises the limit of open files': {
      pattern: 'f7 c3 00 04 00 00 89 5d cc 0f 85 ? ? ? ? 48 8d b5 30 ff ff ff bf 07 00 00 00',
      at: 9,
      bytes: [0x90, 0xe9],
    },
  },
  arm64: {
    // mov w8, #17 · tst w20, w8 · b.ne → b · bl
    'closes descriptors at exec': {
      pattern: '28 02 80 52 9f 02 08 6a 41 00 00 54 ? ? ? 94',
      at: 8,
      bytes: [0x02, 0x00, 0x00, 0x14],
    },
    // tbnz w20, #10 → b · add x1, sp, #40 · mov w0, #7
    'raises the limit of open files': {
      pattern: '34 03 50 37 e1 a3 00 91 e0 00 80 52',
      at: 0,
      bytes: [0x19, 0x00, 0x00, 0x14],
    },
  },
};

/**
 * Makes the runtime's start (`InitializeOncePerProcessInternal` in Node's src/node.cc), which has no option for it, keep the
 * inherited descriptors and the limit of open files: they are the job's (decision 36).
 *
 * @throws Error if the code is not there as expected
 */
export function keepDescriptors(runtime: Buffer, architecture: Architecture): void {
  for (const step of steps) changeMachineCode(runtime, step, changes[architecture][step]);
}
