/** Unix sockets with the programs that people put around Fairlead: nginx and HAProxy on either side, and curl. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { findCommand } from '../../bench/commands.ts';
import { reservePort } from '../../bench/ports.ts';
import { startBackend } from '../../src/backend/backend.ts';
import { runBalancer } from '../support/running-balancer.ts';
import { startOriginal } from '../support/original-proxy.ts';
import type { ProxyProgram } from '../support/original-proxy.ts';
import { socketFolder } from '../support/unix-server.ts';

const run = promisify(execFile);
const BODY = 'x'.repeat(1_000_000);

interface Echo {
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly bytes: number };
}

/** A config of each: it listens on the port and on a unix socket, and sends all to `server`. */
const CONFIGS: Readonly<Record<ProxyProgram, (port: number, socket: string, server: string) => string>> = {
  nginx: (port, socket, server) => `
    client_max_body_size 10m;
    upstream app { server ${server}; keepalive 4; }
    server {
      listen 127.0.0.1:${port}; listen unix:${socket};
      location / {
        proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      }
    }`,
  haproxy: (port, socket, server) => `
defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
frontend web
    bind 127.0.0.1:${port}
    bind unix@${socket} mode 666
    option forwardfor
    default_backend app
backend app
    server s ${server.replace(/^unix:/, 'unix@')}
`,
};

async function startProxy(t: TestContext, program: ProxyProgram, socket: string, server: string): Promise<number> {
  const { port, release } = await reservePort();
  await release();
  const proxy = await startOriginal(program, CONFIGS[program](port, socket, server), port);
  t.after(() => proxy[Symbol.asyncDispose]());
  return port;
}

async function askWell(port: number): Promise<Echo> {
  for (let request = 0; request < 50; request++) {
    const response = await fetch(`http://127.0.0.1:${port}/${request}`);
    assert.equal(((await response.json()) as Echo).server, 's1');
  }
  const posted = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: BODY });
  const echo = (await posted.json()) as Echo;
  assert.equal(echo.body.bytes, BODY.length);
  const large = await fetch(`http://127.0.0.1:${port}/bytes/3000000`);
  assert.equal((await large.arrayBuffer()).byteLength, 3_000_000);
  return echo;
}

for (const program of ['nginx', 'haproxy'] as const) {
  const skip = findCommand(program) === null ? `needs ${program}` : false;
  describe(`unix sockets and ${program}`, { skip, concurrency: false }, () => {
    it(`${program} in front of a unix listener is believed, and its clients are known by their addresses`, async (t) => {
      const folder = socketFolder(t);
      await using backend = await startBackend({ name: 's1' });
      const { balancer } = await runBalancer(
        `{ threads: 2, trustedProxies: [unix], listeners: { web: 'unix:${folder}/web.sock' },
           pools: { web: ['127.0.0.1:${backend.port}'] } }`,
      );
      t.after(() => balancer.close({ force: true }));
      const port = await startProxy(t, program, join(folder, 'other.sock'), `unix:${folder}/web.sock`);
      const { headers } = await askWell(port);
      assert.equal(headers['x-forwarded-for'], '127.0.0.1');
      await balancer.replaceWorkers();
      await askWell(port);
    });

    it(`${program} behind a unix endpoint serves`, async (t) => {
      const folder = socketFolder(t);
      await using backend = await startBackend({ name: 's1' });
      await startProxy(t, program, join(folder, 'behind.sock'), `127.0.0.1:${backend.port}`);
      const { balancer, port } = await runBalancer(
        `{ threads: 2, listeners: { web: '127.0.0.1:0' }, pools: { web: { check: { http: / }, endpoints: 'unix:${folder}/behind.sock' } } }`,
      );
      t.after(() => balancer.close({ force: true }));
      await askWell(port);
      assert.equal(balancer.stats().pools[0].endpoints[0].health.state, 'healthy');
    });
  });
}

/** HAProxy says whose connection it is, and is told: the words of its server and of its bind. */
const PROXIED = (port: number, socket: string, server: string): string =>
  CONFIGS.haproxy(port, socket, `${server} send-proxy-v2`)
    .replace('mode 666', 'mode 666 accept-proxy')
    .replace(/.*forwardfor\n/, '');

describe('unix sockets and PROXY headers', { skip: findCommand('haproxy') === null ? 'needs haproxy' : false }, () => {
  it('HAProxy in front of a unix listener says by a PROXY header who its client is, and one behind a unix endpoint is told', async (t) => {
    const folder = socketFolder(t);
    await using backend = await startBackend({ name: 's1' });
    const { balancer, port } = await runBalancer(
      `{ threads: 2,
         listeners: { tcp: '127.0.0.1:0', web: { address: 'unix:${folder}/web.sock', proxyProtocol: { from: [unix] } } },
         routes: [{ match: { path: /behind/* }, pool: behind, stripPrefix: /behind }, { pool: front }],
         pools: { front: ['127.0.0.1:${backend.port}'],
                  behind: { proxyProtocol: v2, check: { http: / }, endpoints: 'unix:${folder}/behind.sock' } } }`,
    );
    t.after(() => balancer.close({ force: true }));
    const { port: proxyPort, release } = await reservePort();
    await release();
    const text = PROXIED(proxyPort, join(folder, 'behind.sock'), `unix:${folder}/web.sock`);
    const proxy = await startOriginal('haproxy', text, proxyPort);
    t.after(() => proxy[Symbol.asyncDispose]());
    for (const [at, path] of [
      [proxyPort, '/front'],
      [port, '/behind/x'],
    ] as const) {
      // What goes behind comes in front again: HAProxy leads from its unix socket to ours.
      const echo = (await (await fetch(`http://127.0.0.1:${at}${path}`)).json()) as Echo;
      assert.equal(echo.headers['x-forwarded-for'], '127.0.0.1', path);
    }
  });
});

describe('unix sockets and curl', { skip: findCommand('curl') === null ? 'needs curl' : false }, () => {
  it('curl reaches a unix listener by its path, and one without a file by its name', async (t) => {
    const folder = socketFolder(t);
    const name = `fairlead-curl-${process.pid}`;
    await using backend = await startBackend({ name: 's1', host: `unix:${folder}/s1.sock`, text: 'hello' });
    const { balancer } = await runBalancer(
      `{ threads: 1, listeners: { web: 'unix:${folder}/web.sock', nameless: 'unix:@${name}' }, pools: { web: ['${backend.url}'] } }`,
    );
    t.after(() => balancer.close({ force: true }));
    for (const way of [
      ['--unix-socket', join(folder, 'web.sock')],
      ['--abstract-unix-socket', name],
    ]) {
      const { stdout } = await run('curl', ['-sS', ...way, 'http://localhost/', 'http://localhost/again']);
      assert.equal(stdout, 'hellohello');
    }
  });
});
