import { Fault } from '../base/fault.ts';
import type { Edge } from '../settings/edge.ts';

export async function signal(_edge: Edge, _words: readonly Buffer[]): Promise<number> {
  throw new Fault('usage', 'signal: not there yet');
}
