import { Fault } from '../../base/fault.ts';
import type { Environment } from '../cli/environment.ts';

/** A Zabbix trapper item that receives one value per job. */
export interface ZabbixSettings {
  readonly server: string;
  readonly port: number;
  /** The host's name in Zabbix. */
  readonly host: string;
  readonly key: string;
}

/**
 * The item of `ZABBIX_SERVER`, `ZABBIX_HOST` and `ZABBIX_KEY`, or null without a server.
 *
 * @throws Fault `usage`
 */
export function zabbixSettings(environment: Environment): ZabbixSettings | null {
  const text = environment.get('ZABBIX_SERVER');
  if (text === null) return null;
  const host = environment.get('ZABBIX_HOST');
  if (host === null)
    throw new Fault('usage', 'ZABBIX_SERVER is set, ZABBIX_HOST is not: Zabbix stores values by host');
  const [, server = '', port = '10051'] =
    /^(\[[0-9a-fA-F:.]+\]|[^:\s/]+)(?::([0-9]{1,5}))?$/.exec(text) ?? [];
  if (server === '' || Number(port) < 1 || Number(port) > 65_535) {
    throw new Fault('usage', 'ZABBIX_SERVER is not a host or host:port');
  }
  return {
    server: server.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port),
    host,
    key: environment.get('ZABBIX_KEY') ?? 'multiflexi.job',
  };
}
