import { Fault } from '../base/fault.ts';
import type { Edge } from '../settings/edge.ts';

export async function run(_edge: Edge, _words: readonly Buffer[]): Promise<number> {
  throw new Fault('usage', 'run: not there yet');
}
