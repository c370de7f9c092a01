import { isRecord } from '../../../base/is-record.ts';
import { limits } from '../../../base/limits.ts';
import type { ContainerGroup } from '../group.ts';
import {
  answered,
  capabilitiesSchema,
  groupSchema,
  groupsSchema,
  logSchema,
  operationSchema,
  permissionsSchema,
  placeSchema,
  registrationSchema,
} from './answer-schema.ts';
import { type ExecStream, NoTerminal, openTerminal } from './exec-stream.ts';
import { errorIn, isMissing, isPlaceMissing, isTemporary, type ManagerError } from './manager-error.ts';
import { grants } from './permission.ts';
import type { ManagerAnswer, ManagerRequest, ResourceManager } from './resource-manager.ts';

/** What a container asks for, or a group may have. */
export interface Amounts {
  readonly cpus: number;
  /** GiB, as the service counts: in tenths. */
  readonly memoryGb: number;
}

/** A group as a list tells it. */
export interface ListedGroup {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** The rights that a launch uses. */
export const rights = [
  'Microsoft.ContainerInstance/containerGroups/read',
  'Microsoft.ContainerInstance/containerGroups/write',
  'Microsoft.ContainerInstance/containerGroups/delete',
  'Microsoft.ContainerInstance/containerGroups/stop/action',
  'Microsoft.ContainerInstance/containerGroups/containers/exec/action',
  'Microsoft.ContainerInstance/containerGroups/containers/logs/read',
] as const;
/** One of them. */
export type Right = (typeof rights)[number];

const provider = 'providers/Microsoft.ContainerInstance';

/** The container groups of one resource group. All of it throws as `ResourceManager.send` does. */
export class ContainerGroups {
  readonly manager: ResourceManager;
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly location: string;
  /** When a request for a group was not answered last; null: all were, or the group is there. */
  #unansweredAt: number | null = null;

  constructor(
    manager: ResourceManager,
    place: { readonly subscription: string; readonly resourceGroup: string; readonly location: string },
  ) {
    this.manager = manager;
    this.subscription = place.subscription;
    this.resourceGroup = place.resourceGroup;
    this.location = place.location;
  }

  /** Null: it is not there. An answer without a group is none. */
  async read(name: string, signal: AbortSignal): Promise<ContainerGroup | null> {
    try {
      const { body } = await this.manager.send({ method: 'GET', path: this.#path(name), signal });
      const group = answered(groupSchema, body, 'the group');
      this.#unansweredAt = null;
      return group;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /**
   * Makes a group, and starts it. A request that is on its way is not given up: whoever gives up must know what was made.
   *
   * @param more.patience aborted: it is not sent again
   */
  async put(
    name: string,
    body: object,
    more: Required<Pick<ManagerRequest, 'patience' | 'throttled'>>,
  ): Promise<ManagerAnswer> {
    const { signal } = new AbortController();
    try {
      const answer = await this.manager.send({
        method: 'PUT',
        path: this.#path(name),
        body,
        signal,
        ...more,
      });
      // What stands in front of it may have answered, and not have passed the request on.
      answered(groupSchema, answer.body, 'the group');
      return answer;
    } catch (error) {
      // One that was throttled to the end of all patience was not begun.
      if (isTemporary(error) && error !== more.patience.reason) this.#unansweredAt = performance.now();
      throw error;
    }
  }

  /** Whether a group that is not there may only not be seen yet: a request for it has just failed without an answer. */
  get mayAppear(): boolean {
    return this.#unansweredAt !== null && performance.now() - this.#unansweredAt < limits.azureMissingMs;
  }

  /** No error if it is gone, or what it was in. */
  async remove(name: string, signal: AbortSignal): Promise<void> {
    try {
      await this.manager.send({ method: 'DELETE', path: this.#path(name), signal });
    } catch (error) {
      if (!isMissing(error) && !isPlaceMissing(error)) throw error;
    }
  }

  /** Ends all containers of a group; no error if it is gone. */
  async stop(name: string, signal: AbortSignal): Promise<void> {
    try {
      await this.manager.send({ method: 'POST', path: `${this.#path(name)}/stop`, signal });
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** All of them: their names, and whose they are. */
  async list(signal: AbortSignal): Promise<readonly ListedGroup[]> {
    const found: ListedGroup[] = [];
    for (let path = this.#path(''); path !== ''; ) {
      const { body }: ManagerAnswer = await this.manager.send({ method: 'GET', path, signal });
      const { value, nextLink } = answered(groupsSchema, body, 'the groups');
      found.push(...value.map(({ name, tags }) => ({ name, tags: tags ?? {} })));
      path = nextLink;
    }
    return found;
  }

  /** Starts a program, which gets no arguments, in a terminal of a container. @throws NoTerminal, too */
  async exec(name: string, container: string, program: string, signal: AbortSignal): Promise<ExecStream> {
    const path = `${this.#path(name)}/containers/${container}/exec`;
    const body = { command: program, terminalSize: { rows: 24, cols: 80 } };
    const late = AbortSignal.any([signal, AbortSignal.timeout(limits.azureAnswerMs)]);
    const { body: answer } = await this.manager.send({ method: 'POST', path, body, signal: late });
    const { webSocketUri, password } = answer ?? {};
    if (typeof webSocketUri !== 'string' || typeof password !== 'string' || !URL.canParse(webSocketUri))
      throw new NoTerminal('Azure did not tell where the program can be reached');
    const url = new URL(webSocketUri);
    // The password is sent there.
    if (url.protocol !== 'wss:') throw new NoTerminal(`Azure names an address without TLS (${url.protocol})`);
    const route = this.manager.route(new URL(url.href.replace(/^wss:/, 'https:')));
    return openTerminal(url, password, { route, signal: late });
  }

  /** The end of a container's log; empty where it is not there yet. */
  async log(name: string, container: string, lines: number, signal: AbortSignal): Promise<string> {
    const path = `${this.#path(name)}/containers/${container}/logs?tail=${lines}`;
    const { body } = await this.manager.send({ method: 'GET', path, signal });
    return answered(logSchema, body, 'the log').content;
  }

  /** The most that a group without graphics processors may have; null: the region does not tell. */
  async capability(signal: AbortSignal): Promise<Amounts | null> {
    const path = `/subscriptions/${this.subscription}/${provider}/locations/${this.location}/capabilities`;
    const { body } = await this.manager.send({ method: 'GET', path, signal });
    const { value } = answered(capabilitiesSchema, body, 'the limits of the region');
    const most = value
      .filter(({ osType, gpu }) => /^(linux|notspecified)$/i.test(osType) && /^(none)?$/i.test(gpu))
      .flatMap(({ capabilities }) => capabilities ?? []);
    if (most.length === 0) return null;
    return {
      cpus: Math.max(...most.map(({ maxCpu }) => maxCpu ?? 0)),
      memoryGb: Math.max(...most.map(({ maxMemoryInGB }) => maxMemoryInGB ?? 0)),
    };
  }

  /** The region of the resource group. */
  async placeOfGroup(signal: AbortSignal): Promise<string> {
    const { body } = await this.manager.send({
      method: 'GET',
      path: `${this.#group}?api-version=2021-04-01`,
      signal,
    });
    return answered(placeSchema, body, 'the resource group').location;
  }

  /** Whether the subscription knows the service: `Registered`. */
  async registration(signal: AbortSignal): Promise<string> {
    const path = `/subscriptions/${this.subscription}/${provider}?api-version=2021-04-01`;
    const { body } = await this.manager.send({ method: 'GET', path, signal });
    return answered(registrationSchema, body, 'the provider').registrationState;
  }

  /** Which rights whoever asks has in the resource group. */
  async granted(signal: AbortSignal): Promise<(right: Right) => boolean> {
    const path = `${this.#group}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`;
    const { body } = await this.manager.send({ method: 'GET', path, signal });
    const { value } = answered(permissionsSchema, body, 'the permissions');
    return (right) => value.some((permission) => grants(permission, right));
  }

  /** How an operation stands that a `put` has begun. @returns its error; null: it has none */
  async failure(operation: string, signal: AbortSignal): Promise<ManagerError | null> {
    const { body } = await this.manager.send({ method: 'GET', path: operation, signal });
    const { status, error } = answered(operationSchema, body, 'the operation');
    return status === 'Failed' && isRecord(error) ? errorIn(body, 200) : null;
  }

  get #group(): string {
    return `/subscriptions/${this.subscription}/resourceGroups/${encodeURIComponent(this.resourceGroup)}`;
  }

  #path(name: string): string {
    return `${this.#group}/${provider}/containerGroups${name === '' ? '' : `/${encodeURIComponent(name)}`}`;
  }
}
