import type { Architecture } from '../architecture.ts';
import { fromBytes, fromInstructions } from '../bootstrap/listing.ts';
import { addCode } from './elf.ts';

/**
 * The code that the kernel or the loader jumps to first: machine code on the left, GNU assembler and the reason on
 * the right, as in `bootstrap/`. It preserves what the runtime's own start needs: the stack, and the register with
 * the loader's exit function (rdx, x0).
 */
export const x86Prologue = `
                              entry:
48 8b 04 24                       mov    (%rsp),%rax              # rsp: argc, argv…, 0, envp…, 0, auxv
48 8d 4c c4 10                    lea    16(%rsp,%rax,8),%rcx     # rcx: envp
48 89 ce                          mov    %rcx,%rsi
                              past:
48 ad                             lodsq
48 85 c0                          test   %rax,%rax
75 f9                             jnz    past
                              auxv:
48 ad                             lodsq                           # pairs of type and value
89 c7                             mov    %eax,%edi
48 ad                             lodsq
85 ff                             test   %edi,%edi                # AT_NULL: the end
74 20                             jz     start
83 ff 07                          cmp    $7,%edi                  # AT_BASE: where the kernel has put the loader
75 f1                             jne    auxv
48 85 c0                          test   %rax,%rax                # 0: the bootstrap started the loader, and has done it
74 16                             jz     start
                              disguise:
48 8b 39                          mov    (%rcx),%rdi
48 83 c1 08                       add    $8,%rcx
48 85 ff                          test   %rdi,%rdi
74 0a                             jz     start
f6 07 7f                          testb  $0x7f,(%rdi)             # as the bootstrap does
74 ef                             jz     disguise
80 37 80                          xorb   $0x80,(%rdi)
eb ea                             jmp    disguise
                              start:
`;

/** The same steps for arm64, with the same labels. */
export const armPrologue = `
                              entry:
910003e9                          mov    x9, sp                   # sp: argc, argv…, 0, envp…, 0, auxv
f940012a                          ldr    x10, [x9]
8b0a0d2b                          add    x11, x9, x10, lsl #3
9100416b                          add    x11, x11, #16            # x11: envp
aa0b03ec                          mov    x12, x11
                              past:
f840858d                          ldr    x13, [x12], #8
b5ffffed                          cbnz   x13, past
                              auxv:
a8c1398d                          ldp    x13, x14, [x12], #16     # pairs of type and value
b400018d                          cbz    x13, start               # AT_NULL: the end
f1001dbf                          cmp    x13, #7                  # AT_BASE: where the kernel has put the loader
54ffffa1                          b.ne   auxv
b400012e                          cbz    x14, start               # 0: the bootstrap started the loader, and has done it
                              disguise:
f840856d                          ldr    x13, [x11], #8
b40000ed                          cbz    x13, start
394001ae                          ldrb   w14, [x13]
720019df                          tst    w14, #0x7f               # as the bootstrap does
54ffff80                          b.eq   disguise
521901ce                          eor    w14, w14, #0x80
390001ae                          strb   w14, [x13]
17fffff9                          b      disguise
                              start:
`;

const prologues: Readonly<Record<Architecture, () => Buffer>> = {
  x64: () => fromBytes(x86Prologue),
  arm64: () => fromInstructions(armPrologue),
};

/** A jump over this many bytes, relative to its own address. */
const jumps: Readonly<Record<Architecture, (distance: number) => Buffer>> = {
  x64: (distance) => {
    const jump = Buffer.from('e900000000', 'hex');
    jump.writeInt32LE(distance - jump.length, 1);
    return jump;
  },
  arm64: (distance) => {
    const jump = Buffer.alloc(4);
    jump.writeUInt32LE((0x14000000 | ((distance >> 2) & 0x3ffffff)) >>> 0);
    return jump;
  },
};

/**
 * Makes the runtime hide the environment from itself, however it is started: before its own first instruction, it
 * disguises the names of all variables in place, as the bootstrap does. Otherwise an executable that is started
 * directly would obey variables meant for other Node programs (`NODE_TLS_REJECT_UNAUTHORIZED`,
 * `NODE_REPL_EXTERNAL_MODULE`, `SSL_CERT_FILE`, …). See decision 71; `src/start-program.ts` is the other side.
 *
 * @throws Error if there is no space after the runtime's code
 */
export function hideVariables(runtime: Buffer, architecture: Architecture): void {
  const prologue = prologues[architecture]();
  addCode(runtime, (at, entry) =>
    Buffer.concat([prologue, jumps[architecture](entry - (at + prologue.length))]),
  );
}
