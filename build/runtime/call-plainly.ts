import type { Architecture } from '../architecture.ts';
import { type Change, changeMachineCode } from './machine-code.ts';

/** The first instructions of the function, up to `if (x == NULL) return false`: makes it return false at once. */
const changes: Readonly<Record<Architecture, Change>> = {
  // push %rbp … sub $0x78,%rsp · mov (%rdi),%rax · test %rax,%rax · je · cmpq $0,8(%rdi) → xor %eax,%eax · ret
  x64: {
    pattern:
      '55 48 89 e5 41 57 41 56 41 55 41 54 53 48 83 ec 78 48 8b 07 48 85 c0 0f 84 ? ? ? ? 48 83 7f 08 00 0f 84 ? ? ? ? 45 31 ff',
    at: 0,
    bytes: [0x31, 0xc0, 0xc3],
  },
  // paciasp · stp … · mov x29, sp · ldr x8, [x0] · cbz x8 · ldr x8, [x0, #8] · cbz x8 · mov w8, wzr → mov w0, wzr · ret
  arm64: {
    pattern:
      '3f 23 03 d5 fd 7b ba a9 fb 0b 00 f9 fa 67 02 a9 f8 5f 03 a9 f6 57 04 a9 f4 4f 05 a9 fd 03 00 91 08 00 40 f9 ? ? ? b4 08 04 40 f9 ? ? ? b4 e8 03 1f 2a',
    at: 0,
    bytes: [0xe0, 0x03, 0x1f, 0x2a, 0xc0, 0x03, 0x5f, 0xd6],
  },
};

/**
 * Stops the runtime from generating machine code for each function of libc that the program binds.
 *
 * `node:ffi` makes a trampoline for V8's optimizing compiler (`node_ffi_create_fast_trampoline`), in memory that it looks
 * for near the function with up to 32 calls of mmap(2). That takes 20 µs of the 35 µs of a binding, 30 times before a job
 * starts. A call through libffi takes 0.1 µs longer, and the program makes few. No option prevents it; when there is no
 * memory, the runtime does without, and that is what this change tells it.
 *
 * @throws Error if the code is not there as expected
 */
export function callPlainly(runtime: Buffer, architecture: Architecture): void {
  changeMachineCode(runtime, 'generates code for a call', changes[architecture]);
}
