import { readFileSync } from 'node:fs';
import { kill } from 'node:process';

/** KILLs a process and all its descendants, whatever groups and sessions they have made for themselves. */
export function killTree(pid: number): void {
  // From the top: a supervisor that is dead starts nothing more, and its children are found before they move away.
  const children = childrenOf(pid);
  try {
    kill(pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
  for (const child of children) killTree(child);
}

function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return []; // It has just ended by itself.
  }
}
