import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chmodSync, copyFileSync, cpSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import type { Engine } from './engine.ts';
import { temporaryVolume } from './volume.ts';

/** Builds a tree for an image. Paths are the image's. */
export interface Tree {
  readonly directory: string;
  /** Copies a file of this machine. */
  copy(from: string, to: string): void;
  write(path: string, content: string | Uint8Array, mode?: number): void;
}

/** How an image starts. */
export interface ImageStart {
  readonly entrypoint?: string;
  readonly user?: string;
}

/** Makes an image of what `fill` puts into an empty tree; it is removed when the test ends. Returns its name. */
export async function makeImage(
  t: TestContext,
  engine: Engine,
  name: string,
  fill: (tree: Tree) => void,
  start: ImageStart = {},
): Promise<string> {
  const image = `localhost/emissary-test-${name}-${process.pid}:test`;
  await makeNamedImage(t, engine, image, fill, start);
  atEnd(t, () => engine.run(['rmi', '--force', image]));
  return image;
}

/** The same under a given name; it stays. */
export async function makeNamedImage(
  t: TestContext,
  engine: Engine,
  image: string,
  fill: (tree: Tree) => void,
  start: ImageStart = {},
): Promise<void> {
  const directory = temporaryVolume(t);
  chmodSync(directory, 0o755);
  fill(treeAt(directory));
  // No two images share a layer: an engine can lose one that is removed and made at the same time.
  utimesSync(directory, 0, randomInt(2 ** 31));
  await engine.importTree(directory, image, [
    ...(start.entrypoint === undefined ? [] : [`ENTRYPOINT ["${start.entrypoint}"]`]),
    ...(start.user === undefined ? [] : [`USER ${start.user}`]),
  ]);
}

/** A tree in an empty directory. */
export function treeAt(directory: string): Tree {
  const place = (path: string) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    return join(directory, path);
  };
  return {
    directory,
    copy: (from, to) => copyFileSync(from, place(to)),
    write(path, content, mode = 0o644) {
      writeFileSync(place(path), content, { mode });
      chmodSync(join(directory, path), mode);
    },
  };
}

/** Busybox under these names, and a /tmp for everybody. */
export function withBusybox(tree: Tree, names: readonly string[] = ['sh']): void {
  tree.copy('/bin/busybox', '/bin/busybox');
  mkdirSync(join(tree.directory, 'tmp'));
  chmodSync(join(tree.directory, 'tmp'), 0o1777);
  for (const name of names) symlinkSync('busybox', join(tree.directory, 'bin', name));
}

/** A program of this machine with all libraries that it needs (glibc). */
export function withLibraries(tree: Tree, program: string, to: string = program): void {
  tree.copy(program, to);
  const libraries = execFileSync('ldd', [program])
    .toString()
    .matchAll(/(\/\S+) \(0x/g);
  for (const [, path = ''] of libraries) tree.copy(path, path);
}

/** Another directory's content, including links. */
export function withTree(tree: Tree, from: string): void {
  cpSync(from, tree.directory, { recursive: true, verbatimSymlinks: true });
}
