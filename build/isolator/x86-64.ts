/**
 * The isolator for x86-64 Linux: machine code on the left, GNU assembler and the reason on the right, as in
 * `build/bootstrap/x86-64.ts`. `isolator.ts` describes what it does as a whole, and appends its data.
 */
export const x86Isolator = `
                              _start:
48 8b 04 24                       mov    (%rsp),%rax              # argc
48 8d 5c 24 08                    lea    8(%rsp),%rbx             # rbx: argv: the file, and the job's own argv
4c 8d 64 c4 10                    lea    16(%rsp,%rax,8),%r12     # r12: envp
8b 2d d4 00 00 00                 mov    report(%rip),%ebp        # ebp: the pipe for reports
bf 00 00 00 50                    mov    $0x50000000,%edi         # CLONE_NEWUSER and CLONE_NEWNET
b8 10 01 00 00                    mov    $272,%eax                # unshare
0f 05                             syscall
e8 86 00 00 00                    call   tell
85 c0                             test   %eax,%eax                # what was told: 0, or minus the errno
75 76                             jnz    leave
8b 3d bd 00 00 00                 mov    go(%rip),%edi
48 8d 74 24 f0                    lea    -16(%rsp),%rsi
ba 01 00 00 00                    mov    $1,%edx
31 c0                             xor    %eax,%eax                # read: the parent maps the users meanwhile
0f 05                             syscall
ff c8                             dec    %eax
75 5e                             jnz    leave                    # it has given up
8b 3d a5 00 00 00                 mov    go(%rip),%edi
b8 03 00 00 00                    mov    $3,%eax                  # close
0f 05                             syscall
bf 02 00 00 00                    mov    $2,%edi                  # AF_INET
be 02 00 08 00                    mov    $0x80002,%esi            # SOCK_DGRAM and SOCK_CLOEXEC
31 d2                             xor    %edx,%edx
b8 29 00 00 00                    mov    $41,%eax                 # socket
0f 05                             syscall
89 c7                             mov    %eax,%edi
be 14 89 00 00                    mov    $0x8914,%esi             # SIOCSIFFLAGS: the loopback interface goes up, if it can
48 8d 15 51 00 00 00              lea    loopback(%rip),%rdx
b8 10 00 00 00                    mov    $16,%eax                 # ioctl
0f 05                             syscall
89 ef                             mov    %ebp,%edi
be 02 00 00 00                    mov    $2,%esi                  # F_SETFD
ba 01 00 00 00                    mov    $1,%edx                  # FD_CLOEXEC: its end of file tells that the job runs
b8 48 00 00 00                    mov    $72,%eax                 # fcntl
0f 05                             syscall
48 8b 3b                          mov    (%rbx),%rdi
48 8d 73 08                       lea    8(%rbx),%rsi
4c 89 e2                          mov    %r12,%rdx
b8 3b 00 00 00                    mov    $59,%eax                 # execve: returns only when it failed
0f 05                             syscall
e8 0c 00 00 00                    call   tell
                              leave:
bf 40 00 00 00                    mov    $64,%edi                 # the emissary's own failure
b8 3c 00 00 00                    mov    $60,%eax                 # exit
0f 05                             syscall
                              tell:
50                                push   %rax
89 ef                             mov    %ebp,%edi
48 89 e6                          mov    %rsp,%rsi
ba 04 00 00 00                    mov    $4,%edx
b8 01 00 00 00                    mov    $1,%eax                  # write
0f 05                             syscall
58                                pop    %rax
c3                                ret
`;
