/** One short request to a port of this machine. */
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  /** What it calls itself: `Server`, else `X-Powered-By`; `''`: nothing. */
  readonly server: string;
  /** It says that it passed the request on, or is a Fairlead, which would be balancing over itself. */
  readonly isProxy: boolean;
}

/** Null where nothing, or nothing that is HTTP, came within the time. Reads the head and leaves. */
export function askForHead(port: number, path: string, timeoutMs: number): Promise<HttpAnswer | null> {
  return new Promise((resolve) => {
    const options = { host: 'localhost', port, path, agent: false, signal: AbortSignal.timeout(timeoutMs) } as const;
    const asking = request({ ...options, headers: { 'user-agent': 'fairlead-init' } });
    asking.on('response', (response) => {
      resolve(toAnswer(response));
      // A body may be endless.
      asking.destroy();
    });
    asking.on('error', () => resolve(null));
    asking.on('close', () => resolve(null));
    asking.end();
  });
}

function toAnswer({ statusCode = 0, headers }: IncomingMessage): HttpAnswer {
  const name = String(headers.server ?? headers['x-powered-by'] ?? '');
  const isProxy = headers['fairlead-error'] !== undefined || headers.via !== undefined;
  return { status: statusCode, server: name.replace(/[^ -~]/g, '').slice(0, 40), isProxy };
}
