import type { Run } from '../open-run.ts';

/** Masks secrets in artifacts; null if there are none. */
export async function textMaskOf({ secrets, settings }: Run) {
  if (secrets().search === null) return null;
  const { StreamMask } = await import('./stream-mask.ts');
  return { make: () => new StreamMask(secrets()), isDefault: settings.masksArtifacts };
}
