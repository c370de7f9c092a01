import { type Agent, type ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions as SecureAgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { limits } from './limits.ts';
import { after } from './timer.ts';

/**
 * An agent that connects through a proxy: with CONNECT for https addresses, with the full URL in the request for
 * http.
 *
 * @param protocol of the requested address: `https:` or `http:`
 * @param proxy the proxy's URL
 * @param options more options of the agent, such as `ca`, which also applies to a proxy that is reached over TLS
 */
export function proxyAgent(protocol: string, proxy: string, options: SecureAgentOptions = {}): Agent {
  return protocol === 'https:'
    ? new TimedHttpsAgent({ ...options, proxyEnv: { HTTPS_PROXY: proxy } })
    : new TimedHttpAgent({ ...options, proxyEnv: { HTTP_PROXY: proxy } });
}

type Connected = (error: Error | null, stream: Duplex) => void;
type Connection = Duplex | null | undefined;

class TimedHttpAgent extends HttpAgent {
  override createConnection(options: ClientRequestArgs, connected?: Connected): Connection {
    return withTimeout(connected, (callBack) => super.createConnection(options, callBack));
  }
}

class TimedHttpsAgent extends HttpsAgent {
  override createConnection(options: ClientRequestArgs, connected?: Connected): Connection {
    return withTimeout(connected, (callBack) => super.createConnection(options, callBack));
  }
}

/** Node waits forever for a proxy that accepts a connection and never answers, even when the request is aborted. */
function withTimeout(
  connected: Connected | undefined,
  create: (callBack: Connected) => Connection,
): Connection {
  const timer = after(limits.proxyMs, () => {
    const reason = `the proxy made no connection within ${limits.proxyMs / 1000} s`;
    connection?.destroy(Object.assign(new Error(reason), { code: 'ETIMEDOUT' }));
  });
  const connection = create((error, stream) => {
    timer.cancel();
    connected?.(error, stream);
  });
  connection?.once('close', () => timer.cancel());
  return connection;
}
