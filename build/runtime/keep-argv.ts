import type { Architecture } from '../architecture.ts';
import { type Change, changeMachineCode } from './machine-code.ts';

/** `result = nullopt; invalid = false; if (args.empty()) return result;`: makes the `if` unconditional. */
const changes: Readonly<Record<Architecture, Change>> = {
  // movb $0,48(%rsi) · mov (%rdx),%rbx · cmp %rbx,8(%rdx) · je → nop, jmp
  x64: { pattern: 'c6 46 30 00 48 8b 1a 48 39 5a 08 0f 84', at: 11, bytes: [0x90, 0xe9] },
  // strb wzr, [x0, #48] · mov x21, x8 · ldp x25, x8, [x1] · str x0, [sp, #8] · strb wzr, [x21, #16] · cmp x8, x25 · b.eq → b.al
  arm64: {
    pattern: '1f c0 00 39 f5 03 08 aa 39 20 40 a9 e0 07 00 f9 bf 42 00 39 1f 01 19 eb e0 ? ? 54',
    at: 24,
    bytes: [0xee],
  },
};

/**
 * Stops the runtime from looking for a configuration file in the arguments.
 *
 * Before it reads any option, the runtime searches all arguments for `--experimental-config-file` (`GetDataFromArgs`
 * in Node's src/node_config_file.cc), even those after `--`, which are the job's: `emissary run -- node
 * --experimental-config-file=x …` would exit with the runtime's status 9, or apply the job's configuration to the
 * wrapper. No option prevents it. See decision 32; a test gives a job all of the runtime's options.
 *
 * @throws Error if the code is not there as expected
 */
export function keepArgv(runtime: Buffer, architecture: Architecture): void {
  changeMachineCode(runtime, 'looks for a configuration file', changes[architecture]);
}
