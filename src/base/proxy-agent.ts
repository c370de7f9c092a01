import { type Agent, type ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions as SecureAgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { limits } from './limits.ts';
import { after } from './timer.ts';

/**
 * An agent whose connections go through a proxy: by CONNECT to an https address, by the whole address in the request to
 * an http one.
 *
 * @param protocol of the address that is asked for: `https:` or `http:`
 * @param proxy the proxy's whole address
 * @param options more options of the agent, such as `ca`, which also holds for a proxy that is spoken to over TLS
 */
export function proxyAgent(protocol: string, proxy: string, options: SecureAgentOptions = {}): Agent {
  return protocol === 'https:'
    ? new PatientHttpsAgent({ ...options, proxyEnv: { HTTPS_PROXY: proxy } })
    : new PatientHttpAgent({ ...options, proxyEnv: { HTTP_PROXY: proxy } });
}

type Connected = (error: Error | null, stream: Duplex) => void;
type Connection = Duplex | null | undefined;

class PatientHttpAgent extends HttpAgent {
  override createConnection(options: ClientRequestArgs, connected?: Connected): Connection {
    return inTime(connected, (callBack) => super.createConnection(options, callBack));
  }
}

class PatientHttpsAgent extends HttpsAgent {
  override createConnection(options: ClientRequestArgs, connected?: Connected): Connection {
    return inTime(connected, (callBack) => super.createConnection(options, callBack));
  }
}

/** Node waits for ever for a proxy that takes a connection and says nothing, also when the request is aborted. */
function inTime(connected: Connected | undefined, create: (callBack: Connected) => Connection): Connection {
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
