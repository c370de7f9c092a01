import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { zstdDecompressSync } from 'node:zlib';
import { layoutOf } from '../src/contract/layout.ts';
import { installRuntime, publishBootstrap } from '../src/init/install-runtime.ts';
import type { Platform } from './architecture.ts';
import { libraryPrefix } from './bundle/executable.ts';

/**
 * Builds `dist/image/<architecture>`, the whole content of the emissary's image: the program as `init` installs it,
 * certificates, and directories for the volume and the reporter's spool. `images/emissary/Dockerfile` only copies it.
 *
 * @param output where `makeExecutable` left the executable and its parts
 */
export async function makeImageTree(platform: Platform, output: string): Promise<void> {
  const tree = await programTree('dist/image', platform, 'emissary', output);
  // Docker gives a named volume the mode of the directory that it covers; the init container is not root.
  for (const place of ['var/run/argo', 'var/spool/emissary']) {
    const volume = join(tree, place);
    await mkdir(volume, { recursive: true });
    await chmod(volume, 0o1777);
  }
}

/**
 * Builds `dist/operator-image/<architecture>`, the whole content of the operator's image: the program with all verbs, and
 * certificates. `images/operator/Dockerfile` only copies it.
 *
 * @param output where `makeExecutable` left the executable and its parts
 */
export async function makeOperatorTree(platform: Platform, output: string): Promise<void> {
  await programTree('dist/operator-image', platform, 'multiflexi-emissary', output);
}

/** What both images have. @returns its path */
async function programTree(
  directory: string,
  platform: Platform,
  program: string,
  output: string,
): Promise<string> {
  const tree = join(process.cwd(), directory, platform.oci);
  await rm(tree, { recursive: true, force: true });
  await mkdir(join(tree, 'etc/ssl/certs'), { recursive: true });
  await installInto(tree, program, output);
  // Those that the runtime itself trusts, for whoever wants to name a file.
  const certificates = `${rootCertificates.join('\n')}\n`;
  await writeFile(join(tree, 'etc/ssl/certs/ca-certificates.crt'), certificates, { mode: 0o444 });
  return tree;
}

/**
 * Puts a program into a directory as `init` does: `emissary` there starts in any image.
 *
 * @param tree an absolute path
 * @param name the program's
 * @param output where `makeExecutable` left the executable and its parts
 */
export async function installInto(tree: string, name: string, output: string): Promise<void> {
  const carried = await carriedParts(join(output, 'parts', name));
  await installRuntime(join(output, name), carried, layoutOf(tree));
  publishBootstrap(carried, layoutOf(tree));
}

async function carriedParts(parts: string) {
  const files = (await readdir(parts)).filter((file) => file.startsWith(libraryPrefix));
  const packed = await Promise.all(
    files.map(async (file) => [file.slice(libraryPrefix.length), await readFile(join(parts, file))] as const),
  );
  return {
    id: await readFile(join(parts, 'id'), 'utf8'),
    bootstrap: await readFile(join(parts, 'bootstrap')),
    libraries: new Map(packed.map(([name, bytes]) => [name, () => zstdDecompressSync(bytes)])),
  };
}
