import type { EngineName, LaunchSettings } from '../settings/verbs/launch-settings.ts';
import type { Engine, EngineSetup } from './engine.ts';

/**
 * Opens an engine, and loads its client only now.
 *
 * @throws Fault `engine` if it cannot be reached; `usage` for settings that it lacks
 */
export async function openEngine(
  name: EngineName,
  setup: EngineSetup,
  settings: LaunchSettings,
): Promise<Engine> {
  switch (name) {
    case 'native':
      return new (await import('./native/native-engine.ts')).NativeEngine(setup);
    case 'docker':
    case 'podman':
      return (await import('./docker/open-docker.ts')).openDocker(name, setup);
    case 'kubernetes':
      return (await import('./kubernetes/open-kubernetes.ts')).openKubernetes(setup, settings);
    case 'azure':
      return (await import('./azure/open-azure.ts')).openAzure(setup, settings);
  }
}
