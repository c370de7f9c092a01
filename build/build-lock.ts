import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

const file = 'dist/building';
const pauseMs = 200;

/**
 * Does something while no other process of this checkout builds: two at a time, such as `npm test` beside `npm run check`,
 * would write the same files. A lock of a build that was killed counts for nothing.
 */
export async function withBuildLock<T>(act: () => Promise<T>): Promise<T> {
  await mkdir('dist', { recursive: true });
  while (!(await locks())) await pause(pauseMs);
  try {
    return await act();
  } finally {
    await rm(file, { force: true });
  }
}

async function locks(): Promise<boolean> {
  try {
    await writeFile(file, `${process.pid}`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const pid = Number(await readFile(file, 'utf8').catch(() => '0'));
  // Empty for a moment, while its process writes it.
  if (pid > 0 && !isRunning(pid)) await rm(file, { force: true });
  return false;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
