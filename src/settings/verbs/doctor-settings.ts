import { Fault } from '../../base/fault.ts';
import { readCommandLine, rejectOperands, sourceOf } from '../cli/command-line.ts';
import type { Invocation } from '../cli/invocation.ts';
import { imageName } from '../cli/values.ts';
import { type AzurePlace, azurePlaceOf } from './azure-place.ts';
import { helmProgram } from './chart-settings.ts';
import { type KubernetesSettings, kubernetesSettings } from './kubernetes-settings.ts';
import { type EngineName, engines } from './launch-settings.ts';
import { stateDirectory } from './state-directory.ts';

/** The settings of `doctor`. */
export interface DoctorSettings {
  readonly engine: EngineName;
  readonly state: string;
  /** An image that must be there, or is pulled; null: none is checked. */
  readonly image: string | null;
  readonly kubernetes: KubernetesSettings;
  readonly azure: AzurePlace;
  /** The program helm. */
  readonly helm: string;
  /** That of `--helm-chart`; null: none. */
  readonly chart: string | null;
  readonly json: boolean;
}

/** @throws Fault `usage` */
export function doctorSettings(invocation: Invocation, args: readonly Buffer[]): DoctorSettings {
  const { environment } = invocation;
  const line = readCommandLine('doctor', args, environment);
  rejectOperands('doctor', line);
  const from = (name: string) => sourceOf(name, args, environment);
  const text = line.value('engine') ?? engines[0];
  const engine = engines.find((each) => each === text);
  if (engine === undefined)
    throw new Fault('usage', `${from('engine')} must be one of ${engines.join(', ')}`);
  const image = line.value('image');
  if (image !== null && engine === 'native')
    throw new Fault('usage', `${from('image')}: the native engine uses no image; choose docker or podman`);
  return {
    engine,
    state: stateDirectory(line, environment, from('state')),
    image: image === null ? null : imageName(image, from('image')),
    kubernetes: kubernetesSettings(line, from),
    azure: azurePlaceOf(line, { engine, environment, from }),
    helm: helmProgram(line),
    chart: line.value('helm-chart'),
    json: line.value('json') !== null,
  };
}
