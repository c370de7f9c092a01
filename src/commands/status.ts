import { Fault } from '../base/fault.ts';
import type { Edge } from '../settings/edge.ts';

export async function status(_edge: Edge, _words: readonly Buffer[]): Promise<number> {
  throw new Fault('usage', 'status: not there yet');
}
