import { readdirSync, readFileSync } from 'node:fs';
import { pid } from 'node:process';

/**
 * All descendants of this process, whatever their process group or session (proc(5)). Includes zombies: a process
 * whose main thread has exited looks like one even while other threads are running.
 *
 * Empty where /proc is not mounted.
 */
export function descendants(): readonly number[] {
  const children = childrenByParent();
  const found: number[] = [];
  const queue = [pid];
  for (let parent = queue.shift(); parent !== undefined; parent = queue.shift()) {
    for (const child of children.get(parent) ?? []) {
      found.push(child);
      queue.push(child);
    }
  }
  return found;
}

/** The one-letter state of a process (`T` = stopped), or null if it does not exist. */
export function stateOf(pid: number): string | null {
  return statOf(pid)?.state ?? null;
}

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of processNames()) {
    const stat = statOf(Number(name));
    if (stat === null) continue;
    const siblings = children.get(stat.parent);
    if (siblings === undefined) children.set(stat.parent, [Number(name)]);
    else siblings.push(Number(name));
  }
  return children;
}

function processNames(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  } catch {
    return []; // No /proc: only the process group can be signalled.
  }
}

function statOf(pid: number): { readonly parent: number; readonly state: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name may contain spaces and parentheses: the fields start after the last one.
    const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: state ?? '', parent: Number(parent) };
  } catch {
    return null; // It has exited in the meantime.
  }
}
