import { log } from '../base/log.ts';
import type { Run } from './open-run.ts';

/** Waits until someone creates the file, or the run is stopped; does nothing unless the pause is wanted. */
export async function debugPause(run: Run, wanted: boolean, path: string): Promise<void> {
  if (!wanted || run.stopController.cause !== null) return;
  run.watch();
  log(`paused: create the file ${path} to continue`, 'info');
  const { waitForFile } = await import('../contract/wait-for-file.ts');
  await waitForFile(path, run.stopController.cancelled);
}
