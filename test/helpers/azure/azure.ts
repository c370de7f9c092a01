import { randomUUID } from 'node:crypto';
import type { Engine } from '../engine.ts';
import type { Call, Reply } from './call.ts';
import { Group } from './group.ts';
import { Terminals } from './terminals.ts';
import type { WantedGroup } from './wanted.ts';

/** What a test does to the stand-in. */
export interface Faults {
  /** The answer to a request, before the stand-in looks at it; null: its own. */
  before: (call: Call) => Reply | null | Promise<Reply | null>;
  /** The answer, after the stand-in has done what the request says; `cut`: none. */
  after: (call: Call, reply: Reply) => Reply | 'cut';
  /** How long the containers of a group wait, in ms, */
  startMs: number;
  /** and how long one stays after its deletion. */
  deletionMs: number;
  /** Why a group that was accepted fails; null: it does not. */
  failure: { readonly code: string; readonly message: string } | null;
}

/**
 * A stand-in for Azure Container Instances, made from the public specification of its API (2023-05-01): its groups really run, in
 * podman's containers.
 */
export class Azure {
  readonly subscription: string = randomUUID();
  readonly resourceGroup = 'jobs';
  readonly groups = new Map<string, Group>();
  /** Names of groups by operation. */
  readonly operations = new Map<string, string>();
  /** Method and path of every request. */
  readonly asked: string[] = [];
  /** The most that a group may have, and the cores of all groups. */
  readonly region = { maxCpu: 4, maxMemoryInGB: 16, cores: 100 };
  readonly faults: Faults = {
    before: () => null,
    after: (_call, reply) => reply,
    startMs: 0,
    deletionMs: 0,
    failure: null,
  };
  /** What whoever asks may do. */
  actions: readonly string[] = ['Microsoft.ContainerInstance/*'];
  /** The one that is valid. */
  token: string = randomUUID();
  readonly terminals: Terminals;
  readonly engine: Engine;
  readonly #directory: string;
  /** Its address. */
  origin = '';

  constructor(engine: Engine, directory: string) {
    this.engine = engine;
    this.#directory = directory;
    this.terminals = new Terminals(engine);
  }

  make(name: string, wanted: WantedGroup): Group {
    const group = new Group(name, wanted, this.engine, this.#directory);
    this.groups.set(name, group);
    return group;
  }

  /** The one group that is there. */
  get only(): Group {
    const [group] = this.groups.values();
    if (group === undefined || this.groups.size > 1) throw new Error(`There are ${this.groups.size} groups`);
    return group;
  }
}
