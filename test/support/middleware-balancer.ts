/** A balancer whose route has middleware, written by the test into a folder of its own, and an endpoint that says what it got. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { formatConfigErrors } from '../../src/config/errors.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/config.ts';
import { createBalancer } from '../../src/runtime/create-balancer.ts';
import type { Balancer, BalancerEvents } from '../../src/runtime/balancer.ts';
import { startHttpServer } from './http-server.ts';

/** What the endpoint has got. */
export interface SeenByEndpoint {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export class MiddlewareFolder {
  readonly path: string;

  constructor(t: TestContext) {
    this.path = mkdtempSync(join(tmpdir(), 'fairlead-middleware-'));
    t.after(() => rmSync(this.path, { recursive: true }));
  }

  write(name: string, text: string): string {
    const file = join(this.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** The text of a config, which lies here. */
  async config(text: string): Promise<Config> {
    const parsed = await loadConfig(this.write('fairlead.yaml', text));
    assert.ok('config' in parsed, 'errors' in parsed ? formatConfigErrors(parsed.errors) : '');
    return parsed.config;
  }
}

export class MiddlewareBalancer {
  readonly folder: MiddlewareFolder;
  readonly #endpoint: number;
  readonly #threads: number;
  readonly seen: SeenByEndpoint[] = [];
  readonly failures: BalancerEvents['middleware-failure'][0][] = [];
  readonly faults: unknown[] = [];
  balancer!: Balancer;

  constructor(folder: MiddlewareFolder, endpoint: number, threads: number) {
    this.folder = folder;
    this.#endpoint = endpoint;
    this.#threads = threads;
  }

  /** `middleware`: of its route, in YAML; modules by their names, with their text. */
  static async start(
    t: TestContext,
    middleware: string,
    modules: Readonly<Record<string, string>>,
    threads = 1,
  ): Promise<MiddlewareBalancer> {
    const seen: SeenByEndpoint[] = [];
    const endpoint = await startHttpServer(t, (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        seen.push({ method, url, headers, body });
        response.setHeader('Content-Type', 'text/html');
        response.setHeader('ETag', '"1"');
        response.end(`<p>${url} ${body}</p>`);
      });
    });
    const running = new MiddlewareBalancer(new MiddlewareFolder(t), endpoint, threads);
    Object.assign(running, { seen });
    for (const [name, text] of Object.entries(modules)) running.folder.write(name, text);
    running.balancer = createBalancer(await running.config(middleware));
    running.balancer.on('middleware-failure', (failure) => running.failures.push(failure));
    running.balancer.on('fault', (fault) => running.faults.push(fault));
    t.after(() => running.balancer.close({ force: true }));
    await running.balancer.listen();
    return running;
  }

  config(middleware: string): Promise<Config> {
    return this.folder.config(`
threads: ${this.#threads}
listeners: { web: "127.0.0.1:0" }
routes:
  - name: main
    pool: web
    middleware: ${middleware}
pools: { web: { endpoints: ["127.0.0.1:${this.#endpoint}"], check: [] } }
`);
  }

  async reload(middleware: string): Promise<void> {
    await this.balancer.reload(await this.config(middleware));
  }

  /** On a connection of its own. */
  ask(path = '/', options: http.RequestOptions & { readonly body?: string } = {}): Promise<Answered> {
    const { body, ...others } = options;
    const { port } = this.balancer.addresses()[0];
    return new Promise((resolve, reject) => {
      const asked = http.request({ host: '127.0.0.1', port, path, agent: false, ...others }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
        response.on('error', reject);
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }
}
