import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryVolume } from '../volume.ts';

/** A directory with a program `az` that prints this token; null: nobody is logged in. */
export function fakeAz(t: TestContext, token: string | null): string {
  const directory = temporaryVolume(t);
  const file = join(directory, 'az');
  const refusal = "echo 'ERROR: Please run az login to setup account.' >&2; exit 1";
  writeFileSync(file, `#!/bin/sh\n${token === null ? refusal : `echo '${token}'`}\n`);
  chmodSync(file, 0o755);
  return directory;
}
