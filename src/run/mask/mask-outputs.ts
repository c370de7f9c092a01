import type { OutputsRecord } from '../../contract/records.ts';

/**
 * Masks secrets in the names, paths and reasons of outputs. `file` stays as it is: saved files already have masked
 * names on the volume.
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
    // It comes from the captured output, which is masked.
    ...(outputs.result !== undefined && { result: outputs.result }),
    skipped: outputs.skipped.map(({ path, reason }) => ({ path: masked(path), reason: masked(reason) })),
  };
}
