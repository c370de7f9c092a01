/**
 * The isolator for arm64 Linux: instruction words on the left, GNU assembler and the reason on the right. The same steps
 * as in `x86-64.ts`, with the same labels.
 */
export const armIsolator = `
                              _start:
f94003e0                          ldr    x0, [sp]                 # argc
910023f3                          add    x19, sp, #8              # x19: argv: the file, and the job's own argv
8b000e74                          add    x20, x19, x0, lsl #3
91002294                          add    x20, x20, #8             # x20: envp
10000695                          adr    x21, loopback
b9402ab6                          ldr    w22, [x21, #40]          # w22: the pipe for reports
b9402eb7                          ldr    w23, [x21, #44]          # w23: the pipe to go on
d2aa0000                          mov    x0, #0x50000000          # CLONE_NEWUSER and CLONE_NEWNET
d2800c28                          mov    x8, #97                  # unshare
d4000001                          svc    #0
94000024                          bl     tell
35000418                          cbnz   w24, leave               # what was told: 0, or minus the errno
2a1703e0                          mov    w0, w23
d10043e1                          sub    x1, sp, #16
d2800022                          mov    x2, #1
d28007e8                          mov    x8, #63                  # read: the parent maps the users meanwhile
d4000001                          svc    #0
f100041f                          cmp    x0, #1
54000321                          b.ne   leave                    # it has given up
2a1703e0                          mov    w0, w23
d2800728                          mov    x8, #57                  # close
d4000001                          svc    #0
d2800040                          mov    x0, #2                   # AF_INET
d2800041                          mov    x1, #2
f2a00101                          movk   x1, #8, lsl #16          # SOCK_DGRAM and SOCK_CLOEXEC
d2800002                          mov    x2, #0
d28018c8                          mov    x8, #198                 # socket
d4000001                          svc    #0
d2912281                          mov    x1, #0x8914              # SIOCSIFFLAGS: the loopback interface goes up, if it can
aa1503e2                          mov    x2, x21
d28003a8                          mov    x8, #29                  # ioctl
d4000001                          svc    #0
2a1603e0                          mov    w0, w22
d2800041                          mov    x1, #2                   # F_SETFD
d2800022                          mov    x2, #1                   # FD_CLOEXEC: its end of file tells that the job runs
d2800328                          mov    x8, #25                  # fcntl
d4000001                          svc    #0
f9400260                          ldr    x0, [x19]
91002261                          add    x1, x19, #8
aa1403e2                          mov    x2, x20
d2801ba8                          mov    x8, #221                 # execve: returns only when it failed
d4000001                          svc    #0
94000004                          bl     tell
                              leave:
d2800800                          mov    x0, #64                  # the emissary's own failure
d2800ba8                          mov    x8, #93                  # exit
d4000001                          svc    #0
                              tell:
2a0003f8                          mov    w24, w0
b81f0fe0                          str    w0, [sp, #-16]!
2a1603e0                          mov    w0, w22
910003e1                          mov    x1, sp
d2800082                          mov    x2, #4
d2800808                          mov    x8, #64                  # write
d4000001                          svc    #0
910043ff                          add    sp, sp, #16
d65f03c0                          ret
`;
