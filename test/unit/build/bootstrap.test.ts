import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Architecture } from '../../../build/architecture.ts';
import { armBootstrap } from '../../../build/bootstrap/arm64.ts';
import { bootstrap } from '../../../build/bootstrap/bootstrap.ts';
import { fromBytes, fromInstructions } from '../../../build/bootstrap/listing.ts';
import { x86Bootstrap } from '../../../build/bootstrap/x86-64.ts';
import { armIsolator } from '../../../build/isolator/arm64.ts';
import { isolator } from '../../../build/isolator/isolator.ts';
import { x86Isolator } from '../../../build/isolator/x86-64.ts';
import { armPrologue, x86Prologue } from '../../../build/runtime/hide-variables.ts';
import { requireProgram } from '../../helpers/require.ts';
import { temporaryVolume } from '../../helpers/volume.ts';

const runtime = 'runtime/0123456789ab';
const headerBytes = 176;

const sides: readonly { architecture: Architecture; listing: string; tools: string; alignment: string }[] = [
  { architecture: 'x64', listing: x86Bootstrap, tools: 'x86_64-linux-gnu-', alignment: '.balign 8, 0' },
  { architecture: 'arm64', listing: armBootstrap, tools: 'aarch64-linux-gnu-', alignment: '.balignl 8, 0' },
];

for (const { architecture, listing, tools, alignment } of sides) {
  test(`the bootstrap's machine code for ${architecture} matches its listing`, (t) => {
    if (!requireProgram(t, `${tools}as`)) return;
    const source = `${statementsOf(listing)}\n${alignment}\n${texts}`;
    const built = bootstrap(architecture, runtime).subarray(headerBytes);
    assert.equal(built.toString('hex'), assembled(t, source, tools).toString('hex'));
  });
}

for (const [architecture, listing, tools, alignment] of [
  ['x64', x86Isolator, 'x86_64-linux-gnu-', '.balign 8, 0'],
  ['arm64', armIsolator, 'aarch64-linux-gnu-', '.balignl 8, 0'],
] as const) {
  test(`the isolator's machine code for ${architecture} matches its listing`, (t) => {
    if (!requireProgram(t, `${tools}as`)) return;
    const source = `${statementsOf(listing)}\n${alignment}\n${isolatorData}`;
    const built = isolator(architecture).subarray(headerBytes);
    assert.equal(built.toString('hex'), assembled(t, source, tools).toString('hex'));
  });
}

for (const [architecture, listing, code, tools] of [
  ['x64', x86Prologue, fromBytes(x86Prologue), 'x86_64-linux-gnu-'],
  ['arm64', armPrologue, fromInstructions(armPrologue), 'aarch64-linux-gnu-'],
] as const) {
  test(`the machine code for ${architecture} that hides variables matches its listing`, (t) => {
    if (!requireProgram(t, `${tools}as`)) return;
    assert.equal(code.toString('hex'), assembled(t, statementsOf(listing), tools).toString('hex'));
  });
}

function assembled(t: TestContext, source: string, tools: string): Buffer {
  const directory = temporaryVolume(t);
  const file = (name: string) => join(directory, name);
  writeFileSync(file('source.s'), `${source}\n`);
  execFileSync(`${tools}as`, ['-o', file('object'), file('source.s')]);
  execFileSync(`${tools}objcopy`, ['-O', 'binary', '-j', '.text', file('object'), file('code')]);
  return readFileSync(file('code'));
}

/** The right column: labels and statements, without the bytes on the left. */
function statementsOf(listing: string): string {
  return listing
    .split('\n')
    .map((line) => line.slice(30).replace(/#\s.*$/, ''))
    .join('\n');
}

/** The symbols that the code refers to. */
const texts = `
exe:      .asciz "/proc/self/exe"
suffixes: .asciz "${runtime}/ld.so"
          .asciz "${runtime}"
          .asciz "${runtime}/program"
          .asciz "--inhibit-cache"
          .asciz "--library-path"
          .asciz "emissary"
message:  .ascii "emissary: cannot start: no directory runtime/ next to the program, or the command line is too long\\n"
end:
`;

/** A struct ifreq that takes up the loopback interface, and the descriptors, which come later. */
const isolatorData = `
loopback: .ascii "lo"
          .zero 14
          .short 1
          .zero 22
report:   .long 0
go:       .long 0
`;
