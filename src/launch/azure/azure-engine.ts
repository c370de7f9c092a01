import { Fault } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import type { Environment } from '../../settings/cli/environment.ts';
import type {
  ContainerEnd,
  ContainerState,
  Engine,
  EngineFacts,
  EngineJob,
  Leftover,
  StartLimits,
} from '../engine.ts';
import type { SenderConnection } from '../mirror/follow-sender.ts';
import { registryCommand } from '../registry/image-command.ts';
import type { ContainerGroups } from './api/container-groups.ts';
import { isOfAzure, reasonOfManager } from './api/manager-error.ts';
import { freeName } from './free-name.ts';
import { type ContainerGroup, containers, gone, isStillborn, stateOf, warningsIn } from './group.ts';
import { type GroupSettings, groupRequest } from './group-request.ts';
import { amountsOf, requireSize } from './group-size.ts';
import { groupStates, readSurely } from './group-states.ts';
import { leftGroups } from './left-groups.ts';
import { SenderSource } from './open-sender.ts';
import { registryLogins } from './registry-logins.ts';
import { removeGroup } from './remove-group.ts';
import { startFailure } from './start-failure.ts';
import { startGroup } from './start-group.ts';

/** Runs jobs in container groups of Azure Container Instances. */
export class AzureEngine implements Engine {
  readonly makesVolume = true;
  readonly #groups: ContainerGroups;
  readonly #settings: Omit<GroupSettings, 'logins'>;
  readonly #warn: (sentence: string) => void;
  readonly #environment: Environment;
  readonly #senders: SenderSource;
  /** Whether nothing of the job can be there: the first request that makes something is still to come. */
  #isUnmade = false;
  /** With the image's own command, and the logins for its registry: looked up once. */
  #whole: { readonly job: EngineJob; readonly settings: GroupSettings } | null = null;

  constructor(
    groups: ContainerGroups,
    settings: Omit<GroupSettings, 'logins'>,
    of: { readonly warn: (sentence: string) => void; readonly environment: Environment },
  ) {
    this.#groups = groups;
    this.#settings = settings;
    this.#warn = of.warn;
    this.#environment = of.environment;
    this.#senders = new SenderSource(groups, of.warn);
  }

  readonly openSender = (job: EngineJob): Promise<SenderConnection> => this.#senders.open(job.name);

  /** Azure does not tell it: its registry does. */
  imageCommand({ image }: EngineJob, signal = never): Promise<readonly string[]> {
    return registryCommand(image ?? '', this.#environment, signal);
  }

  /** A group starts as soon as it is made: here, everything is found out that could refuse it, and its name becomes free. */
  async create(job: EngineJob, phase: (text: string) => void, signal: AbortSignal): Promise<void> {
    this.#isUnmade = true;
    await this.#prepare(job, signal);
    phase('asking Azure');
    try {
      await requireSize(this.#groups, amountsOf(job, this.#settings), signal);
      await freeName(this.#groups, job.name, { phase, signal });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!isOfAzure(error)) throw error;
      const { text } = startFailure(error, this.#groups.location);
      throw new Fault('engine', `Azure cannot make the container group ${job.name}: ${text}`, {
        cause: error,
      });
    }
  }

  async start(
    job: EngineJob,
    phase: (text: string) => void,
    { cancel, unmade = () => undefined }: StartLimits,
  ): Promise<void> {
    const whole = await this.#prepare(job, cancel);
    const body = groupRequest(whole.job, whole.settings);
    this.#isUnmade = false;
    try {
      await startGroup(this.#groups, whole.job, { body, phase, unmade, signal: cancel });
    } catch (error) {
      // A job that runs is asked to stop, and its results are taken.
      if (cancel.aborted && stateOf(await this.#readOrNull(job.name)).kind === 'running') return;
      throw error;
    }
  }

  async look({ name }: EngineJob): Promise<ContainerState> {
    try {
      const group = await readSurely(this.#groups, name, soon());
      // Its launcher was killed: another group may start.
      return group !== null && isStillborn(group) ? { kind: 'created' } : stateOf(group);
    } catch (error) {
      throw this.#fault(`tell of the container group ${name}`, error);
    }
  }

  async ended({ name }: EngineJob, signal: AbortSignal): Promise<ContainerEnd> {
    const silent = (reason: string) => this.#warn(`Azure does not answer (${reason}); the job runs on`);
    for await (const group of groupStates(this.#groups, name, {
      signal,
      silent,
      mostMs: limits.azureMaxLookMs,
    })) {
      const state = stateOf(group);
      if (state.kind === 'ended') return state;
      if (state.kind === 'absent') return gone;
    }
    throw signal.reason;
  }

  /** With the whole group: no program can be started in the job's container with an argument. */
  async kill({ name }: EngineJob): Promise<void> {
    try {
      if (stateOf(await this.#groups.read(name, soon())).kind === 'ended') return;
      await this.#groups.stop(name, soon());
    } catch (error) {
      throw this.#fault(`stop the container group ${name}`, error);
    }
  }

  async remove({ name }: Pick<EngineJob, 'name'>): Promise<void> {
    if (!this.#isUnmade) await removeGroup(this.#groups, name, never);
  }

  async facts({ name }: EngineJob): Promise<EngineFacts | null> {
    const group = await this.#readOrNull(name);
    if (group === null) return null;
    return { place: group.location || null, events: warningsIn(group).slice(-limits.shownPodEvents) };
  }

  messages({ name }: EngineJob): Promise<string> {
    return this.#groups.log(name, containers.main, limits.azureLogLines, soon()).catch(() => '');
  }

  lookedAtBy({ name }: EngineJob): string {
    const { subscription, resourceGroup } = this.#groups;
    return `az container show --subscription ${subscription} --resource-group ${resourceGroup} --name ${name}`;
  }

  async leftovers(installation: string): Promise<readonly Leftover[]> {
    try {
      return await leftGroups(this.#groups, installation);
    } catch (error) {
      throw this.#fault('list the container groups', error);
    }
  }

  async removeFiles(): Promise<void> {
    // Nothing of the job's users is on this host.
  }

  async #prepare(job: EngineJob, signal: AbortSignal) {
    if (this.#whole !== null) return this.#whole;
    const command = job.command.length > 0 ? job.command : await this.imageCommand(job, signal);
    if (command.length === 0)
      throw new Fault('usage', `launch: the image ${job.image} has no command; put one behind --`);
    const images = [job.image ?? '', this.#settings.emissaryImage];
    const logins = await registryLogins(images, this.#environment, this.#warn);
    this.#whole = { job: { ...job, command }, settings: { ...this.#settings, logins } };
    return this.#whole;
  }

  #readOrNull(name: string): Promise<ContainerGroup | null> {
    return this.#groups.read(name, soon()).catch(() => null);
  }

  #fault(what: string, error: unknown): unknown {
    if (!isOfAzure(error)) return error;
    return new Fault('engine', `Azure cannot ${what}: ${reasonOfManager(error)}`, { cause: error });
  }
}

/** Ends requests that are throttled again and again. */
function soon(): AbortSignal {
  return AbortSignal.timeout(limits.engineWorkMs);
}

/** For what is bounded by itself. */
const never = new AbortController().signal;
