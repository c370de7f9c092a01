import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The kernel follows at most this many links in a row (path_resolution(7)). */
const maxLinks = 40;

/**
 * Follows every link in a tree as the kernel would, and rejects one that leaves the tree on its way. The target text
 * alone is not enough: a link to a parent directory inside the tree can lead another link out.
 *
 * @throws Error naming the link
 */
export function checkLinks(root: string): void {
  if (!lstatSync(root).isDirectory()) return;
  for (const link of linksBelow(root)) {
    if (!leaves(root, link)) continue;
    const name = link.slice(root.length + 1);
    throw new Error(`refused: its link "${name}" leads out of it, to "${readlinkSync(link)}"`);
  }
}

/** Does not use `recursive`, which follows links to directories. */
function* linksBelow(root: string): Generator<string> {
  const open = [root];
  for (let directory = open.pop(); directory !== undefined; directory = open.pop()) {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isSymbolicLink()) yield path;
      else if (entry.isDirectory()) open.push(path);
    }
  }
}

function leaves(root: string, link: string): boolean {
  let here = dirname(link);
  const left = partsOf(readlinkSync(link));
  for (let followed = 1, part = left.pop(); part !== undefined; part = left.pop()) {
    if (part === '..') {
      if (here === root) return true;
      here = dirname(here);
      continue;
    }
    const next = join(here, part);
    if (lstatSync(next, { throwIfNoEntry: false })?.isSymbolicLink() !== true) {
      here = next;
      continue;
    }
    const text = readlinkSync(next);
    if (text.startsWith('/')) return true;
    followed += 1;
    if (followed > maxLinks) return false;
    left.push(...partsOf(text));
  }
  return false;
}

/** In reverse order. */
function partsOf(path: string): string[] {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .reverse();
}
