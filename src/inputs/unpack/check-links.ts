import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The kernel does not follow more links in a row (path_resolution(7)). */
const longestChain = 40;

/**
 * Follows every link of a tree by hand, as the kernel would, and refuses one that would leave the tree on its way. Its
 * text alone does not tell: a link that leads up inside the tree can carry another one out.
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

/** Not by `recursive`, which goes through links to directories. */
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
    if (followed > longestChain) return false;
    left.push(...partsOf(text));
  }
  return false;
}

/** Last first. */
function partsOf(path: string): string[] {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .reverse();
}
