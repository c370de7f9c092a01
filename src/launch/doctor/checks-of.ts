import type { Invocation } from '../../settings/cli/invocation.ts';
import type { DoctorSettings } from '../../settings/verbs/doctor-settings.ts';
import { engineEnvironment } from '../../settings/verbs/launch-report.ts';
import type { Check } from './check.ts';
import { hostChecks } from './host-checks.ts';

/**
 * The checks of an engine, in order.
 *
 * @param signal aborted: they are to end
 */
export async function checksOf(
  { engine, state, image, kubernetes, azure, helm, chart }: DoctorSettings,
  { environment, program }: Invocation,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const subject = { environment: engineEnvironment(environment), program, state, signal };
  switch (engine) {
    case 'native':
      return [...hostChecks(subject), ...(await import('./native-checks.ts')).nativeChecks(subject)];
    case 'docker':
    case 'podman': {
      const { engineChecks } = await import('./engine-checks.ts');
      return [...hostChecks(subject), ...engineChecks(engine, subject, image)];
    }
    case 'kubernetes': {
      const { clusterChecks } = await import('./cluster-checks.ts');
      const { helmCheck } = await import('./helm-check.ts');
      return [...hostChecks(subject), ...clusterChecks(subject, kubernetes), helmCheck(subject, helm, chart)];
    }
    case 'azure': {
      const { azureChecks } = await import('./azure-checks.ts');
      return [...hostChecks(subject), ...azureChecks(subject, azure)];
    }
  }
}
