import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engine.ts';
import type { InstanceView, WantedContainer, WantedGroup } from './wanted.ts';

let made = 0;

/** A container group of the stand-in: its containers are podman's, with the volumes of the group. */
export class Group {
  readonly name: string;
  readonly wanted: WantedGroup;
  provisioningState = 'Pending';
  /** `Pending`, `Running`, `Succeeded`, `Failed` or `Stopped`. */
  state = 'Pending';
  readonly views = new Map<string, InstanceView>();
  readonly events: InstanceView['events'] = [];
  readonly #engine: Engine;
  readonly #directory: string;
  readonly #timers: NodeJS.Timeout[] = [];
  /** Its number: a later group of the same name has other containers and volumes. */
  readonly #number: number;
  /** Which of its lives it is in: after a restart, its containers and volumes are others, too. */
  #life = 0;

  /** @param directory for its volumes */
  constructor(name: string, wanted: WantedGroup, engine: Engine, directory: string) {
    this.name = name;
    this.wanted = wanted;
    this.#engine = engine;
    this.#directory = directory;
    made += 1;
    this.#number = made;
  }

  /** The podman container of one of its containers. */
  container(name: string): string {
    return this.#containerOf(name, this.#life);
  }

  /** Runs it to its end. Never rejects. */
  async run(): Promise<void> {
    const { initContainers = [], containers } = this.wanted.properties;
    const own = this.#life;
    this.provisioningState = 'Creating';
    for (const each of [...initContainers, ...containers])
      this.views.set(each.name, { restartCount: own, currentState: { state: 'Waiting' }, events: [] });
    this.#makeVolumes();
    for (const each of initContainers) {
      const code = await this.#runContainer(each);
      if (this.#life !== own) return;
      if (code !== 0) {
        this.provisioningState = 'Failed';
        this.state = 'Failed';
        return;
      }
    }
    const ends = containers.map((each) => this.#runContainer(each));
    this.provisioningState = 'Succeeded';
    this.state = 'Running';
    const codes = await Promise.all(ends);
    if (this.#life === own && this.state === 'Running')
      this.state = codes.every((code) => code === 0) ? 'Succeeded' : 'Failed';
  }

  /** As the service does it for maintenance: all containers again, with volumes that are new. */
  async restart(): Promise<void> {
    const last = this.#life;
    this.#life += 1;
    await this.#removeContainers(last);
    void this.run();
  }

  async stop(): Promise<void> {
    this.state = 'Stopped';
    await this.#removeContainers(this.#life);
  }

  async remove(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    const last = this.#life;
    this.#life = Number.POSITIVE_INFINITY;
    await this.#removeContainers(last);
  }

  async #removeContainers(life: number): Promise<void> {
    const { initContainers = [], containers } = this.wanted.properties;
    const names = [...initContainers, ...containers].map(({ name }) => this.#containerOf(name, life));
    await this.#engine.run(['rm', '--force', '--ignore', '--time', '0', ...names]);
  }

  #makeVolumes(): void {
    for (const { name, secret } of this.wanted.properties.volumes ?? []) {
      const place = this.volume(name);
      mkdirSync(place, { recursive: true });
      chmodSync(place, secret === undefined ? 0o777 : 0o755);
      for (const [file, content] of Object.entries(secret ?? {}))
        writeFileSync(join(place, file), Buffer.from(content, 'base64'), { mode: 0o644 });
    }
  }

  /** The directory of one of its volumes. */
  volume(name: string): string {
    return join(this.#directory, `${this.#number}-${this.#life}`, name);
  }

  #containerOf(name: string, life: number): string {
    return `${this.name}-${name}-${this.#number}-${life}`;
  }

  async #runContainer(wanted: WantedContainer): Promise<number> {
    const view = this.views.get(wanted.name);
    const name = this.container(wanted.name);
    const run = ['run', '--detach', '--name', name, ...this.#options(wanted)];
    const own = this.#life;
    const { stderr, exitCode } = await this.#engine.run(run);
    if (this.#life !== own) {
      // The group was removed while it was being made.
      await this.#engine.run(['rm', '--force', '--ignore', '--time', '0', name]);
      return ended(view, 137);
    }
    if (exitCode !== 0) {
      view?.events.push({ name: 'Failed', type: 'Warning', message: stderr.trim() });
      return ended(view, 127);
    }
    if (view !== undefined) view.currentState = { state: 'Running' };
    this.#watchLife(wanted, name);
    const { stdout } = await this.#engine.run(['wait', name]);
    return ended(view, /^\d+$/.test(stdout.trim()) ? Number(stdout) : 137);
  }

  #options({ properties }: WantedContainer): readonly string[] {
    const { command = [], environmentVariables = [], volumeMounts = [], resources } = properties;
    const [entrypoint = '', ...args] = command;
    return [
      ...['--network', 'none', '--pull', 'never', '--log-driver', 'k8s-file', '--entrypoint', entrypoint],
      ...environmentVariables.flatMap(({ name, value, secureValue }) => [
        '--env',
        `${name}=${value ?? secureValue}`,
      ]),
      ...volumeMounts.flatMap(({ name, mountPath, readOnly }) => [
        '--volume',
        `${this.volume(name)}:${mountPath}${readOnly === true ? ':ro' : ''}`,
      ]),
      ...boundsOf(resources),
      properties.image,
      ...args,
    ];
  }

  /** A probe that fails ends the container. */
  #watchLife({ name, properties }: WantedContainer, container: string): void {
    const { livenessProbe } = properties;
    if (livenessProbe === undefined) return;
    const probe = async () => {
      const { exitCode } = await this.#engine.run(['exec', container, ...livenessProbe.exec.command]);
      if (exitCode === 0) return;
      const message = `Liveness probe failed: exit code ${exitCode}`;
      this.views.get(name)?.events.push({ name: 'Unhealthy', type: 'Warning', message });
      await this.#engine.run(['kill', container]);
    };
    const delayMs = Math.min(livenessProbe.initialDelaySeconds * 1000, 2 ** 31 - 1);
    this.#timers.push(setTimeout(() => void probe(), delayMs));
  }
}

function ended(view: InstanceView | undefined, exitCode: number): number {
  const detailStatus = exitCode === 0 ? 'Completed' : 'Error';
  if (view !== undefined) view.currentState = { state: 'Terminated', exitCode, detailStatus };
  return exitCode;
}

/** Without a limit, what a container asks for is the most that it gets. */
function boundsOf(resources: WantedContainer['properties']['resources']): readonly string[] {
  if (resources === undefined) return [];
  const { cpu, memoryInGB } = resources.limits ?? resources.requests;
  const memory = `${Math.round(memoryInGB * 1024)}m`;
  return ['--cpus', String(cpu), '--memory', memory, '--memory-swap', memory];
}
