import type { Pod } from '../launch/kubernetes/pod-state.ts';
import { containerNames } from '../pod/containers.ts';

/**
 * How many of the job's containers have ended, of all: those of its template count, the reporter does not. Null: the job has not
 * started. What the job itself tells of its progress is on its volume, and in MultiFlexi.
 */
export function progressOf({ spec, status }: Pod): string | null {
  const own = ({ name }: { readonly name: string }) => name !== containerNames.reporter;
  const states = (status?.containerStatuses ?? []).filter(own).map(({ state }) => state);
  const ended = states.filter((state) => state?.terminated !== undefined).length;
  const hasStarted = ended > 0 || states.some((state) => state?.running !== undefined);
  return hasStarted ? `${ended}/${(spec?.containers ?? []).filter(own).length}` : null;
}
