import type { IncomingHttpHeaders } from 'node:http';

/** A request. */
export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** An answer; without a body it has none. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** An error as the resource manager writes it. */
export function refused(status: number, code: string, message: string): Reply {
  return { status, body: { error: { code, message } } };
}
