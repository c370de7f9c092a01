import type { Volume } from '../../contract/volume.ts';
import { ContainerOutput } from '../../observe/container-output.ts';
import { beginning } from '../../observe/output-position.ts';
import type { LogFiles } from './journal-bounds.ts';

/** Reads the current state of the files of a container's log. */
export function logFiles(volume: Volume, name: string): LogFiles {
  const sizeOf = (file: string) => volume.sizeOf(`ctr/${name}/${file}`) ?? 0;
  const [timeline, stdout, stderr] = [sizeOf('timeline'), sizeOf('stdout'), sizeOf('stderr')];
  const output = new ContainerOutput(volume, name, beginning, 1);
  try {
    return { identity: output.identity, timeline, stdout, stderr };
  } finally {
    output.close();
  }
}
