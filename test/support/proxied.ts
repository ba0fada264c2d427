/** Socket tests of the proxy: a data plane of its own for each, three ways, and nothing left behind after it. */
import { startPlane } from './data-plane.ts';
import type { TestPlane, TestPlaneOptions } from './data-plane.ts';
import { threeWays } from './segmented-socket.ts';
import type { RawPeer, RawServer, SegmentedNet } from './segmented-socket.ts';

export interface Proxied {
  readonly net: SegmentedNet;
  readonly plane: TestPlane;
  readonly servers: readonly RawServer[];
  /** A new client connection to the proxy. */
  client(): Promise<RawPeer>;
}

/** What an endpoint does with one connection; the number tells endpoints of a pool apart. */
export type Script = (peer: RawPeer, endpoint: number) => Promise<void> | void;

export interface ProxiedOptions extends Omit<TestPlaneOptions, 'ports'> {
  /** Endpoints of the pool, default 1. */
  endpoints?: number;
  /** Ports at which nobody listens, in front of the endpoints. */
  deadPorts?: number;
}

export function proxied(
  name: string,
  options: ProxiedOptions,
  script: Script,
  body: (proxied: Proxied) => Promise<void>,
): void {
  threeWays(name, async (net) => {
    const servers: RawServer[] = [];
    const dead: number[] = [];
    for (let index = 0; index < (options.deadPorts ?? 0); index++) {
      const server = await net.listen(() => {});
      dead.push(server.port);
      await server.close();
    }
    for (let index = 0; index < (options.endpoints ?? 1); index++) {
      servers.push(await net.listen((peer) => script(peer, index)));
    }
    const plane = await startPlane({ ...options, ports: [...dead, ...servers.map((server) => server.port)] });
    try {
      await body({ net, plane, servers, client: () => net.connect(plane.port) });
    } finally {
      await plane.close();
    }
  });
}

export const END_OF_HEAD = '\r\n\r\n';

/** A request's head for `Host: a`. */
export function get(path = '/', more = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
}

export function ok(body: string, more = ''): string {
  return `HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`;
}

/** Reads one response with a Content-Length, or none. */
export async function readResponse(
  peer: RawPeer,
  isHead = false,
): Promise<{ head: string; body: string; status: number }> {
  const head = await peer.readUntil(END_OF_HEAD);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  const body = isHead || length === 0 ? '' : await peer.readBytes(length);
  return { head, body, status: Number(head.slice(9, 12)) };
}

/** Answers every request of a connection with what `answer` says, until the connection ends. */
export function answering(answer: (head: string, index: number) => string): Script {
  return async (peer) => {
    for (let index = 0; ; index++) {
      let head: string;
      try {
        head = await peer.readUntil(END_OF_HEAD);
      } catch {
        return;
      }
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      if (length > 0) await peer.readBytes(length);
      await peer.send(answer(head, index));
    }
  };
}
