import assert from 'node:assert/strict';
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { type Running, startEmissary } from './emissary.ts';
import { fixture } from './fixture.ts';
import { program } from './program.ts';
import { until } from './until.ts';
import { temporaryVolume } from './volume.ts';

/** A volume that counts as being elsewhere, and its mirror. */
export interface MirroredVolume {
  /** The volume. */
  readonly far: string;
  /** The mirror. */
  readonly near: string;
  /** Process IDs of the senders so far, the newest last. */
  senders(): readonly number[];
  /** Bytes that each connection has carried from the volume. */
  carried(): readonly number[];
  /** Starts `mirror` through a link, and waits until it has its first news. */
  start(options?: readonly string[]): Promise<Running>;
}

/** How the link between a volume and its mirror behaves. */
export interface LinkPlan {
  /** After how many bytes each connection breaks; the last one lasts. */
  readonly cuts?: readonly number[];
  readonly bytesPerSecond?: number;
}

/** A new volume with a mirror behind a link. @param parent the directory for both */
export function mirroredVolume(t: TestContext, plan: LinkPlan = {}, parent?: string): MirroredVolume {
  const far = temporaryVolume(t, parent);
  const near = join(temporaryVolume(t, parent), 'mirror');
  const link = temporaryVolume(t);
  writeFileSync(join(link, 'plan'), JSON.stringify({ cuts: [], ...plan }));
  const numbers = (name: string) => {
    const file = join(link, name);
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
  };
  const senders = () => numbers('senders');
  atEnd(t, () => senders().forEach(endSender));
  return {
    far,
    near,
    senders,
    carried: () => numbers('carried'),
    async start(options = []) {
      const sender = [process.execPath, fixture('link.ts'), link, program, 'send', '--root', far];
      const mirror = startEmissary(t, ['mirror', '--root', near, ...options, '--', ...sender]);
      await until('the mirror has its first news', () => existsSync(join(near, 'ctr')) || hasExited(mirror));
      return mirror;
    },
  };
}

/** Every regular file below a directory, by its path. */
export function filesBelow(directory: string): ReadonlyMap<string, Buffer> {
  const entries = readdirSync(directory, { recursive: true, encoding: 'buffer' });
  const files = entries.filter((path) => lstatSync(below(directory, path)).isFile());
  const sorted = files.sort(Buffer.compare);
  return new Map(sorted.map((path) => [path.toString('latin1'), readFileSync(below(directory, path))]));
}

/** Checks that a mirror has exactly the volume's bytes. */
export function assertSame({ far, near }: Pick<MirroredVolume, 'far' | 'near'>): void {
  for (const part of ['ctr', 'outputs']) {
    if (!existsSync(join(far, part))) continue;
    const [original, copy] = [filesBelow(join(far, part)), filesBelow(join(near, part))];
    const own = [...copy.keys()].filter((path) => !/^[^/]+\/(gone|signal)$/.test(path));
    assert.deepEqual(
      own,
      [...original.keys()].filter((path) => !path.endsWith('/signal')),
    );
    for (const path of own)
      assert.ok(copy.get(path)?.equals(original.get(path) ?? Buffer.alloc(0)), `${part}/${path} differs`);
  }
}

function hasExited({ process: { exitCode, signalCode } }: Running): boolean {
  return exitCode !== null || signalCode !== null;
}

function below(directory: string, path: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${directory}/`), path]);
}

/** A sender may have ended by itself. */
function endSender(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has.
  }
}
