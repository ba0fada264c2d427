/** Clients that keep cookies as browsers do, as far as one host and one path go. */
import http from 'node:http';
import type { TestContext } from 'node:test';

export interface CookieAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** Set-Cookie lines, empty without any. */
  readonly cookies: readonly string[];
}

/** A client; requests go out one by one on connections that are kept. */
export class CookieClient {
  readonly jar = new Map<string, string>();
  readonly #port: number;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

  constructor(t: TestContext, port: number) {
    this.#port = port;
    t.after(() => this.#agent.destroy());
  }

  get header(): string {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  get(path = '/', headers: Readonly<Record<string, string>> = {}): Promise<CookieAnswer> {
    const cookie = this.jar.size === 0 ? {} : { cookie: this.header };
    const options = {
      host: '127.0.0.1',
      port: this.#port,
      path,
      agent: this.#agent,
      headers: { ...cookie, ...headers },
    };
    return new Promise((resolve, reject) => {
      http
        .get(options, (response) => {
          let body = '';
          response.setEncoding('latin1');
          response.on('data', (text: string) => (body += text));
          response.on('end', () => {
            const cookies = response.headers['set-cookie'] ?? [];
            for (const cookie of cookies) this.#keep(cookie);
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body, cookies });
          });
        })
        .on('error', reject);
    });
  }

  #keep(line: string): void {
    const pair = line.split(';', 1)[0];
    this.jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
  }
}
