import type { OutputsRecord } from '../../contract/records.ts';

/**
 * The record of the outputs without the secrets in their names, paths and reasons. `file` is not changed: what was saved
 * has its name on the volume already without them.
 */
export function maskOutputs(outputs: OutputsRecord, masked: (text: string) => string): OutputsRecord {
  const named = <T extends { readonly name: string; readonly path: string }>(output: T): T => ({
    ...output,
    name: masked(output.name),
    path: masked(output.path),
  });
  return {
    parameters: outputs.parameters.map(named),
    artifacts: outputs.artifacts.map(named),
    missing: outputs.missing.map((output) => ({ ...named(output), reason: masked(output.reason) })),
    skipped: outputs.skipped.map(({ path, reason }) => ({ path: masked(path), reason: masked(reason) })),
  };
}
