import { isAbsolute, normalize } from 'node:path';
import { Fault } from '../../base/fault.ts';
import { bytesOf } from '../cli/values.ts';

/** What `--engine-option` adds to a container of Docker or podman. */
export interface ContainerOptions {
  /** `NAME:ADDRESS`, for the container's /etc/hosts. */
  readonly hosts: readonly string[];
  readonly nameServers: readonly string[];
  /** Null: the engine's default. */
  readonly hostname: string | null;
  readonly addedCapabilities: readonly string[];
  readonly droppedCapabilities: readonly string[];
  readonly security: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Bytes of /dev/shm; null: the engine's default. */
  readonly sharedMemory: number | null;
  /** Null: no limit. */
  readonly processes: number | null;
  /** Directories in memory, with their mount options. */
  readonly temporary: Readonly<Record<string, string>>;
  readonly limits: readonly ResourceLimit[];
}

/** A limit of setrlimit(2); -1: none. */
export interface ResourceLimit {
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

/** A container without options. */
export const noContainerOptions: ContainerOptions = {
  hosts: [],
  nameServers: [],
  hostname: null,
  addedCapabilities: [],
  droppedCapabilities: [],
  security: [],
  labels: {},
  sharedMemory: null,
  processes: null,
  temporary: {},
  limits: [],
};

/** IPv4 or IPv6; the engine checks the rest. */
const address = /^(\d{1,3}(\.\d{1,3}){3}|[\da-f]*:[\da-f:.]+)$/i;

/** One `KEY=VALUE`. */
export type GivenOption = readonly [key: string, value: string];

/** Keys and the form of their values. Not in it: what other options have, and what would take the job from the emissary. */
const forms = {
  'add-host': 'NAME:ADDRESS',
  'cap-add': 'CAPABILITY',
  'cap-drop': 'CAPABILITY, or ALL',
  dns: 'ADDRESS',
  hostname: 'NAME',
  label: 'NAME=VALUE, and not one of ours',
  'pids-limit': 'NUMBER',
  'security-opt': 'no-new-privileges, apparmor=PROFILE, label=VALUE or seccomp=unconfined',
  'shm-size': 'SIZE, such as 256m',
  tmpfs: '/PATH or /PATH:SIZE',
  ulimit: 'NAME=SOFT or NAME=SOFT:HARD',
} as const;

type Key = keyof typeof forms;
const once: readonly Key[] = ['hostname', 'pids-limit', 'shm-size'];

/** @throws Fault `usage` for a key that is unknown, a value of another form, and a single key that is set twice */
export function containerOptions(given: readonly GivenOption[], source: string): ContainerOptions {
  const valuesOf = (key: Key) => given.filter(([name]) => name === key).map(([, value]) => value);
  if (given.some(([key]) => !Object.hasOwn(forms, key)))
    throw new Fault(
      'usage',
      `${source} has an unknown key; docker and podman know ${Object.keys(forms).join(', ')}`,
    );
  const twice = once.find((key) => valuesOf(key).length > 1);
  if (twice !== undefined) throw new Fault('usage', `${source}: ${twice} can be set once`);
  const parsed = <T>(key: Key, parse: (value: string) => T | null): readonly T[] =>
    valuesOf(key).map((value) => {
      const found = parse(value);
      if (found !== null) return found;
      throw new Fault('usage', `${source}: the value of ${key} is not of the form ${forms[key]}`);
    });
  return {
    hosts: parsed('add-host', hostOf),
    nameServers: parsed('dns', matching(address)),
    hostname: parsed('hostname', matching(/^[A-Za-z\d]([A-Za-z\d.-]{0,62}[A-Za-z\d])?$/))[0] ?? null,
    addedCapabilities: parsed('cap-add', matching(/^[A-Z_]+$/)),
    droppedCapabilities: parsed('cap-drop', matching(/^[A-Z_]+$/)),
    security: parsed(
      'security-opt',
      matching(/^(no-new-privileges|(apparmor|label)=[\w./:-]+|seccomp=unconfined)$/),
    ),
    labels: Object.fromEntries(parsed('label', labelOf)),
    sharedMemory: parsed('shm-size', bytesOf)[0] ?? null,
    processes: parsed('pids-limit', (text) => (/^[1-9]\d{0,9}$/.test(text) ? Number(text) : null))[0] ?? null,
    temporary: Object.fromEntries(parsed('tmpfs', temporaryOf)),
    limits: parsed('ulimit', limitOf),
  };
}

function matching(shape: RegExp) {
  return (text: string) => (shape.test(text) ? text : null);
}

function hostOf(text: string): string | null {
  const [, name, to = ''] = /^([\w.-]+):(.+)$/.exec(text) ?? [];
  return name !== undefined && (address.test(to) || to === 'host-gateway') ? text : null;
}

/** Ours tell whose a container is. */
function labelOf(text: string): readonly [string, string] | null {
  const [, name = '', value = ''] = /^([\w.-][\w./-]*)=(.*)$/.exec(text) ?? [];
  return name === '' || name.startsWith('eu.multiflexi.emissary.') ? null : [name, value];
}

function temporaryOf(text: string): readonly [string, string] | null {
  const [path = '', size, stray] = text.split(':');
  if (!isAbsolute(path) || normalize(path) === '/' || stray !== undefined) return null;
  if (size === undefined) return [path, 'mode=1777'];
  const bytes = bytesOf(size);
  return bytes === null ? null : [path, `mode=1777,size=${bytes}`];
}

function limitOf(text: string): ResourceLimit | null {
  const [, name = '', soft = '', hard = soft] =
    /^([a-z]+)=(-1|\d{1,15})(?::(-1|\d{1,15}))?$/.exec(text) ?? [];
  return name === '' ? null : { name, soft: Number(soft), hard: Number(hard) };
}
