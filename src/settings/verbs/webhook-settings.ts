import { Fault } from '../../base/fault.ts';
import { isRecord } from '../../base/is-record.ts';
import { limits } from '../../base/limits.ts';
import type { CommandLine } from '../cli/command-line.ts';
import type { Environment } from '../cli/environment.ts';
import { secondsToMs } from '../cli/values.ts';
import { phpPattern } from '../template/php-pattern.ts';

/** The settings of the operator's webhook. */
export interface WebhookSettings {
  readonly port: number;
  /** Null: the API server reaches it by its service alone. */
  readonly host: string | null;
  readonly service: string;
  readonly configuration: string;
  /** `requests` and `limits` of each injected container. */
  readonly resources: Readonly<Record<string, unknown>>;
  /** A regular expression; null: no artifacts but the report. */
  readonly artifacts: string | null;
  readonly reportSecret: string;
  readonly insecureRegistries: readonly string[];
  /** How long a certificate is valid. */
  readonly certificateMs: number;
}

const usualResources = {
  requests: { cpu: '20m', memory: '64Mi' },
  limits: { cpu: '500m', memory: '256Mi' },
};

/** Only for tests: there is no option. */
const lifeVariable = 'EMISSARY_WEBHOOK_CERTIFICATE_SECONDS';

/** Null: there is no webhook. @throws Fault `usage` */
export function webhookSettings(
  line: CommandLine,
  from: (name: string) => string,
  environment: Environment,
): WebhookSettings | null {
  const port = line.value('webhook');
  if (port === null) return null;
  const life = environment.get(lifeVariable);
  const name = (option: string, usual: string) => kubernetesName(line.value(option) ?? usual, from(option));
  return {
    port: portNumber(port, from('webhook')),
    host: hostOf(line.value('webhook-url'), from('webhook-url')),
    service: name('webhook-service', 'multiflexi-emissary-webhook'),
    configuration: name('webhook-configuration', 'multiflexi-emissary'),
    resources: resourcesOf(line.value('webhook-resources'), from('webhook-resources')),
    artifacts: patternOf(line.value('webhook-artifacts') ?? '.*', from('webhook-artifacts')),
    reportSecret: name('report-secret', 'multiflexi'),
    insecureRegistries: hostsIn(line.value('insecure-registries') ?? '', from('insecure-registries')),
    certificateMs: life === null ? limits.certificateMs : secondsToMs(life, lifeVariable),
  };
}

/** The number of a port. @throws Fault `usage` */
export function portNumber(text: string, source: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port > 0 && port < 65_536) return port;
  throw new Fault('usage', `${source} must be the number of a port`);
}

/** Whether a text can be the name of an object. */
export function isKubernetesName(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text);
}

function kubernetesName(text: string, source: string): string {
  if (isKubernetesName(text)) return text;
  throw new Fault('usage', `${source} is not a name of Kubernetes (small letters, digits and -)`);
}

/** An IPv6 address without brackets. */
function hostOf(text: string | null, source: string): string | null {
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'https:' && url.hostname !== '') return url.hostname.replace(/^\[|\]$/g, '');
  throw new Fault('usage', `${source} is not an address that begins with https://`);
}

/** Hosts with their ports, as the names of images begin. */
function hostsIn(text: string, source: string): readonly string[] {
  const hosts = text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  const wrong = hosts.find((each) => /[/\s]/.test(each));
  if (wrong === undefined) return hosts;
  throw new Fault('usage', `${source}: ${wrong} is not the host of a registry (HOST or HOST:PORT)`);
}

function resourcesOf(text: string | null, source: string): WebhookSettings['resources'] {
  if (text === null) return usualResources;
  try {
    const found: unknown = JSON.parse(text);
    if (isRecord(found)) return found;
  } catch {
    // Told below.
  }
  throw new Fault('usage', `${source} is not a JSON object with requests and limits`);
}

function patternOf(text: string, source: string): string | null {
  if (text === '') return null;
  if (phpPattern(text) !== null) return text;
  throw new Fault('usage', `${source} is not a regular expression`);
}
