import { readFileSync } from 'node:fs';
import { kill } from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';

/** How long the kernel may take to end a KILLed process, ms: one that hangs on a dead disk is not waited for. */
const deathBoundMs = 10_000;
const pauseMs = 5;

/**
 * KILLs a process and all its descendants, whatever groups and sessions they have created.
 * @returns their process ids
 */
export function killTree(pid: number): readonly number[] {
  // Top-down: a dead supervisor starts nothing more, and its children are found before they are reparented.
  const children = childrenOf(pid);
  try {
    kill(pid, 'SIGKILL');
  } catch {
    // It has just exited by itself.
  }
  return [pid, ...children.flatMap(killTree)];
}

/** The same; resolves when none of them runs any more. */
export async function endTree(pid: number): Promise<void> {
  const killed = killTree(pid);
  const end = performance.now() + deathBoundMs;
  while (killed.some(acts) && performance.now() < end) await pause(pauseMs);
}

function acts(pid: number): boolean {
  try {
    return !/^State:\t[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false; // It is gone.
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return []; // It has just exited by itself.
  }
}
