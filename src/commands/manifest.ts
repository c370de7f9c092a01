import { podObjects } from '../pod/pod-objects.ts';
import { yamlOf } from '../pod/yaml-of.ts';
import type { Invocation } from '../settings/cli/invocation.ts';
import { manifestSettings } from '../settings/verbs/manifest-settings.ts';

/**
 * `emissary manifest`: prints the pod that runs a MultiFlexi application, from its definition and its environment.
 * @returns 0
 * @throws Fault `usage`, `template`
 */
export async function manifest(invocation: Invocation, args: readonly Buffer[]): Promise<number> {
  invocation.print(yamlOf(await podObjects(manifestSettings(invocation, args))));
  return 0;
}
