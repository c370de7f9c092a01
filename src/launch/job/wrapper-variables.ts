import type { LaunchSettings } from '../../settings/verbs/launch-settings.ts';

/** Variables of `run` that have no option of `launch`. */
const passedOn: readonly string[] = [
  'EMISSARY_DEBUG_PAUSE_ON_FAILURE',
  'EMISSARY_DEBUG_PAUSE_SECONDS',
  'EMISSARY_ON_FAILURE',
  'EMISSARY_MASK_ARTIFACTS',
];

/** What the wrapper of a launched job is told besides its times. */
export function wrapperVariables(settings: LaunchSettings): Readonly<Record<string, string>> {
  const given = Object.entries(settings.nativeEnvironment).filter(([name]) => passedOn.includes(name));
  return {
    ...Object.fromEntries(given),
    ...(isIsolatedByWrapper(settings) && { EMISSARY_HERMETIC: 'true' }),
  };
}

/** An engine that cannot take the network from its container: there the emissary takes it from the job. */
function isIsolatedByWrapper({ engine, resources }: LaunchSettings): boolean {
  return ['native', 'kubernetes', 'azure'].includes(engine) && resources.network === 'none';
}
