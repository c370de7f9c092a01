/**
 * The bootstrap for x86-64 Linux: machine code on the left, GNU assembler and the reason on the right. `bootstrap.ts`
 * describes what it does as a whole, and appends its texts (`exe`, `suffixes`, `message`). Where `as` is installed, a
 * test assembles the right side and compares it with the left.
 */
export const x86Bootstrap = `
                              _start:
48 89 e5                          mov    %rsp,%rbp                # rbp: argc, argv…, 0, envp…, 0, auxv
6a ff                             push   $-1                      # every signal
48 89 e6                          mov    %rsp,%rsi
31 d2                             xor    %edx,%edx                # the old mask is not needed
31 ff                             xor    %edi,%edi                # SIG_BLOCK
44 8d 57 08                       lea    8(%rdi),%r10d            # 8 bytes of mask
8d 47 0e                          lea    14(%rdi),%eax            # rt_sigprocmask
0f 05                             syscall
48 8b 45 00                       mov    (%rbp),%rax              # no arguments at all: envp would be taken for argv
48 85 c0                          test   %rax,%rax
0f 84 e0 00 00 00                 jz     fail
4c 8d 6c c5 10                    lea    16(%rbp,%rax,8),%r13     # r13: envp
4c 89 e9                          mov    %r13,%rcx
                              disguise:
48 8b 39                          mov    (%rcx),%rdi
48 83 c1 08                       add    $8,%rcx
48 85 ff                          test   %rdi,%rdi
74 0a                             jz     disguised
f6 07 7f                          testb  $0x7f,(%rdi)             # 0 (empty) and 0x80 stay: neither may become the other
74 ef                             jz     disguise
80 37 80                          xorb   $0x80,(%rdi)             # no name that a loader or a runtime knows
eb ea                             jmp    disguise
                              disguised:
48 8b 01                          mov    (%rcx),%rax              # auxv: pairs of type and value
4c 8b 71 08                       mov    8(%rcx),%r14             # r14: AT_EXECFN, the path that was executed
48 83 c1 10                       add    $16,%rcx
83 f8 1f                          cmp    $31,%eax                 # AT_EXECFN
74 04                             je     found
85 c0                             test   %eax,%eax                # AT_NULL: the end
75 ec                             jnz    disguised
                              found:
48 81 ec 00 50 00 00              sub    $0x5000,%rsp             # space for four paths
48 8d 3d c6 00 00 00              lea    exe(%rip),%rdi
48 89 e6                          mov    %rsp,%rsi
ba 00 10 00 00                    mov    $0x1000,%edx
b8 59 00 00 00                    mov    $89,%eax                 # readlink
0f 05                             syscall
48 85 c0                          test   %rax,%rax
7e 08                             jle    noproc
49 89 e6                          mov    %rsp,%r14                # r14: the path of this file
49 89 c7                          mov    %rax,%r15                # r15: its length
eb 14                             jmp    cut
                              noproc:
4d 85 f6                          test   %r14,%r14
74 7f                             jz     fail
45 31 ff                          xor    %r15d,%r15d
                              length:
43 80 3c 3e 00                    cmpb   $0,(%r14,%r15)
74 05                             je     cut
49 ff c7                          inc    %r15
eb f4                             jmp    length
                              cut:
4d 85 ff                          test   %r15,%r15
74 0d                             jz     paths
43 80 7c 3e ff 2f                 cmpb   $'/',-1(%r14,%r15)       # keep the directory with its slash
74 05                             je     paths
49 ff cf                          dec    %r15
eb ee                             jmp    cut
                              paths:
48 8d bc 24 00 10 00 00           lea    0x1000(%rsp),%rdi
48 8d 15 84 00 00 00              lea    suffixes(%rip),%rdx
4c 8d 65 f8                       lea    -8(%rbp),%r12            # r12: where the next path goes (the loader, for now)
                              path:
49 89 3c 24                       mov    %rdi,(%r12)
49 83 c4 08                       add    $8,%r12
4c 89 f6                          mov    %r14,%rsi
4c 89 f9                          mov    %r15,%rcx
f3 a4                             rep    movsb                    # the directory
48 89 d6                          mov    %rdx,%rsi
                              append:
ac                                lodsb                           # what is below it
aa                                stosb
84 c0                             test   %al,%al
75 fa                             jnz    append
48 89 f2                          mov    %rsi,%rdx
48 8d 4d 08                       lea    8(%rbp),%rcx             # over argc: the library path; over argv[0]: the program
49 39 cc                          cmp    %rcx,%r12
76 db                             jbe    path
48 8b 7d f8                       mov    -8(%rbp),%rdi            # the loader
48 89 75 f0                       mov    %rsi,-16(%rbp)           # --inhibit-cache
48 83 c6 10                       add    $16,%rsi                 # --library-path
48 89 75 f8                       mov    %rsi,-8(%rbp)
48 83 c6 0f                       add    $15,%rsi                 # argv[0]: emissary
48 89 75 e8                       mov    %rsi,-24(%rbp)
48 8d 75 e8                       lea    -24(%rbp),%rsi           # argv; the arguments after argv[0] are where they were
4c 89 ea                          mov    %r13,%rdx                # envp
b8 3b 00 00 00                    mov    $59,%eax                 # execve: returns only when it failed
0f 05                             syscall
                              fail:
bf 02 00 00 00                    mov    $2,%edi
48 8d 35 9e 00 00 00              lea    message(%rip),%rsi
ba 63 00 00 00                    mov    $(end-message),%edx
b8 01 00 00 00                    mov    $1,%eax                  # write
0f 05                             syscall
bf 40 00 00 00                    mov    $64,%edi                 # the emissary's own failure
b8 3c 00 00 00                    mov    $60,%eax                 # exit
0f 05                             syscall
`;
