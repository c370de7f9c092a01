import type { ContainerInfo } from 'dockerode';
import { type Leftover, labels } from '../engine.ts';

/** A container in the engine's list as one of this installation. */
export function leftoverOf({ Names, Labels, State }: ContainerInfo): Leftover {
  return {
    name: (Names[0] ?? '').replace(/^\//, ''),
    key: Labels[labels.job] ?? '',
    running: !/^(?:created|configured|exited|dead|stopped)$/.test(State),
  };
}
