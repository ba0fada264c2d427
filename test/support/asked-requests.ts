/** Requests for a config of another proxy, made of the hosts and paths that stand in it, and of what stands beside them. */
import { Agent, createServer, request } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What came of it: who answered, with what, and what reached that server. */
export interface Answer {
  readonly status: number;
  /** `a`; null where no server was asked. */
  readonly server: string | null;
  readonly path: string;
  readonly host: string;
  /** Where it sends the client, as a whole URL; `''`: nowhere. */
  readonly place: string;
}

/** The same ones for the same text, each once. */
export function requestsFor(text: string, count: number): readonly Asked[] {
  const hosts = hostsOf(text).flatMap((name) => [name, `${name}:8080`, name.toUpperCase()]);
  const paths = pathsOf(text);
  const all: Asked[] = [];
  const seen = new Set<string>();
  for (let turn = 0; all.length < count && turn < count * 20; turn++) {
    const host = hosts[turn % hosts.length];
    const path = paths[Math.floor(turn / 2 + turn / hosts.length) % paths.length];
    const asked = { method: METHODS[turn % METHODS.length], host, path, headers: HEADERS[turn % HEADERS.length] };
    const key = JSON.stringify(asked);
    if (!seen.has(key)) all.push(asked);
    seen.add(key);
  }
  return all;
}

const METHODS = ['GET', 'GET', 'POST', 'GET', 'DELETE'];
const HEADERS = [{}, {}, { 'x-beta': 'on' }, { cookie: 'a=b; lang=de' }];

function hostsOf(text: string): readonly string[] {
  const names = text.match(/(?:[a-z][a-z0-9-]*\.)+(?:com|org|example)\b/g) ?? [];
  return [...new Set(['other.test', ...names, ...names.map((name) => `x.${name}`)])];
}

function pathsOf(text: string): readonly string[] {
  const plain = text.replace(/127\.0\.0\.1:\S+|(?:https?:\/\/|\/nonexistent)\S*|\/\*.*?\*\//g, ' ');
  const written = (plain.match(/\/[a-z][a-z0-9./_-]*(?: b\/)?/gi) ?? []).map((path) => path.replace(/ /g, '%20'));
  const seeds = [...new Set(written.map((path) => path.replace(/\/+$/, '')))].filter((path) => path.length > 1);
  const around = seeds.flatMap((path) => [
    ...[path, `${path}/`, `${path}/x`, `${path}x`, `${path}/a.png`, `${path}/x?q=1&v=2`, `/${path}/x`, `${path}%2Fx`],
    ...[`${path}//x`, `/x/..${path}/y`, `/%${path.charCodeAt(1).toString(16)}${path.slice(2)}/z`, path.toUpperCase()],
  ]);
  return [...new Set(['/', '/index.html', '/a/b.css', '/x12', '/user/7', '/a%20b', '/?v=2', ...around])];
}

/** A path alone is at the host that was asked, and a host is the same in any case. */
function placeOf(location: string, host: string): string {
  const whole = location.startsWith('/') ? `http://${host.replace(/:\d+$/, '')}${location}` : location;
  return whole.replace(/^https?:\/\/[^/]*/i, (start) => start.toLowerCase());
}

/** Sends one after another on few connections. */
export class Client implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

  send(port: number, { method, host, path, headers }: Asked): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, method, path, headers: { ...headers, host }, agent: this.#agent };
      const asking = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          const server = response.headers['x-server'];
          const place = placeOf(response.headers.location ?? '', host);
          if (server === undefined) return resolve({ status, server: null, path: '', host: '', place });
          const reached = JSON.parse(text) as { path: string; host: string };
          resolve({ status, server: String(server), place, ...reached });
        });
      });
      asking.on('error', reject).end();
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

/** A server that says which path and Host reached it. */
export async function startWitness(name: string): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer((asked, response) => {
    response.writeHead(200, { 'x-server': name, 'content-type': 'application/json' });
    response.end(JSON.stringify({ path: asked.url, host: asked.headers.host ?? '' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
