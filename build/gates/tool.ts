import { execa } from 'execa';

/** Runs a checking tool from node_modules on the pinned runtime; returns its report as one finding, or none. */
export async function findingsOf(script: string, args: readonly string[]): Promise<readonly string[]> {
  const run = await execa(process.execPath, [`node_modules/${script}`, ...args], {
    reject: false,
    all: true,
  });
  return run.exitCode === 0 ? [] : [run.all.trim() || `${script} exited with ${run.exitCode}`];
}
