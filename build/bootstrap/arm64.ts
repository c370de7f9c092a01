/**
 * The bootstrap for arm64 Linux: instruction words on the left, GNU assembler and the reason on the right. The same
 * steps as in `x86-64.ts`, with the same labels.
 */
export const armBootstrap = `
                              _start:
910003f3                          mov    x19, sp                  # x19: argc, argv…, 0, envp…, 0, auxv
92800000                          mov    x0, #-1                  # every signal
f81f0fe0                          str    x0, [sp, #-16]!
910003e1                          mov    x1, sp
d2800002                          mov    x2, #0                   # the old mask is not needed
d2800000                          mov    x0, #0                   # SIG_BLOCK
d2800103                          mov    x3, #8                   # 8 bytes of mask
d28010e8                          mov    x8, #135                 # rt_sigprocmask
d4000001                          svc    #0
f9400261                          ldr    x1, [x19]                # no arguments at all: envp would be taken for argv
b4000881                          cbz    x1, fail
8b010e75                          add    x21, x19, x1, lsl #3
910042b5                          add    x21, x21, #16            # x21: envp
aa1503e2                          mov    x2, x21
                              disguise:
f8408440                          ldr    x0, [x2], #8
b40000e0                          cbz    x0, disguised
39400001                          ldrb   w1, [x0]
7200183f                          tst    w1, #0x7f                # 0 (empty) and 0x80 stay: neither may become the other
54ffff80                          b.eq   disguise
52190021                          eor    w1, w1, #0x80            # no name that a loader or a runtime knows
39000001                          strb   w1, [x0]
17fffff9                          b      disguise
                              disguised:
a8c15840                          ldp    x0, x22, [x2], #16       # auxv: pairs of type and value
f1007c1f                          cmp    x0, #31                  # AT_EXECFN, the path that was executed, to x22
54000040                          b.eq   found
b5ffffa0                          cbnz   x0, disguised            # AT_NULL: the end
                              found:
d14017ff                          sub    sp, sp, #0x5000          # space for four paths
92800c60                          mov    x0, #-100                # AT_FDCWD
10000741                          adr    x1, exe
910003e2                          mov    x2, sp
d2820003                          mov    x3, #0x1000
d28009c8                          mov    x8, #78                  # readlinkat
d4000001                          svc    #0
f100001f                          cmp    x0, #0
5400008d                          b.le   noproc
910003f6                          mov    x22, sp                  # x22: the path of this file
aa0003f7                          mov    x23, x0                  # x23: its length
14000007                          b      cut
                              noproc:
b4000516                          cbz    x22, fail
d2800017                          mov    x23, #0
                              length:
38776ac0                          ldrb   w0, [x22, x23]
34000060                          cbz    w0, cut
910006f7                          add    x23, x23, #1
17fffffd                          b      length
                              cut:
b40000f7                          cbz    x23, paths
d10006e1                          sub    x1, x23, #1
38616ac0                          ldrb   w0, [x22, x1]
7100bc1f                          cmp    w0, #'/'                 # keep the directory with its slash
54000060                          b.eq   paths
aa0103f7                          mov    x23, x1
17fffffa                          b      cut
                              paths:
914007e4                          add    x4, sp, #0x1000
700004a5                          adr    x5, suffixes
d1002266                          sub    x6, x19, #8              # x6: where the next path goes (the loader, for now)
                              path:
f80084c4                          str    x4, [x6], #8
d2800001                          mov    x1, #0
                              directory:                          # the directory
eb17003f                          cmp    x1, x23
540000a0                          b.eq   append
38616ac0                          ldrb   w0, [x22, x1]
38001480                          strb   w0, [x4], #1
91000421                          add    x1, x1, #1
17fffffb                          b      directory
                              append:
384014a0                          ldrb   w0, [x5], #1             # what is below it
38001480                          strb   w0, [x4], #1
35ffffc0                          cbnz   w0, append
91002260                          add    x0, x19, #8              # over argc: the library path; over argv[0]: the program
eb0000df                          cmp    x6, x0
54fffe69                          b.ls   path
f85f8260                          ldur   x0, [x19, #-8]           # the loader
f81f0265                          stur   x5, [x19, #-16]          # --inhibit-cache
910040a5                          add    x5, x5, #16
f81f8265                          stur   x5, [x19, #-8]           # --library-path
91003ca5                          add    x5, x5, #15              # argv[0]: emissary
f81e8265                          stur   x5, [x19, #-24]
d1006261                          sub    x1, x19, #24             # argv; the arguments after argv[0] are where they were
aa1503e2                          mov    x2, x21                  # envp
d2801ba8                          mov    x8, #221                 # execve: returns only when it failed
d4000001                          svc    #0
                              fail:
d2800040                          mov    x0, #2
10000501                          adr    x1, message
d2800c62                          mov    x2, #(end-message)
d2800808                          mov    x8, #64                  # write
d4000001                          svc    #0
d2800800                          mov    x0, #64                  # the emissary's own failure
d2800ba8                          mov    x8, #93                  # exit
d4000001                          svc    #0
`;
