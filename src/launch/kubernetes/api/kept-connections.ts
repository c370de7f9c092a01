import { Agent } from 'node:https';
import { limits } from '../../../base/limits.ts';

/** For each of the library's agents, one with the same certificates. */
const kept = new WeakMap<object, Agent>();

/**
 * An agent that uses its connections again for a short time: a TLS handshake for each request of an operator that has
 * hundreds of jobs costs more than the requests. A server that closes idle connections does so much later.
 *
 * @param agent the library's; one that goes through a proxy stays as it is
 */
export function keptConnections(agent: unknown): unknown {
  if (!(agent instanceof Agent) || Object.getPrototypeOf(agent) !== Agent.prototype) return agent;
  const known = kept.get(agent);
  if (known !== undefined) return known;
  const made = new Agent({ ...agent.options, keepAlive: true, timeout: limits.clusterIdleMs });
  kept.set(agent, made);
  return made;
}
