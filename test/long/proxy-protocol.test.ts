/** The PROXY protocol with real programs at the other end: HAProxy, nginx and curl in front, HAProxy and nginx behind. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { findCommand } from '../../bench/commands.ts';
import { reservePort } from '../../bench/ports.ts';
import type { BalancerEvents } from '../../src/runtime/balancer.ts';
import { startHttpServer } from '../support/http-server.ts';
import { startOriginal } from '../support/original-proxy.ts';
import { runBalancer } from '../support/running-balancer.ts';
import { createSelfSigned } from '../support/self-signed.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

/** Another address of this machine than the one that proxies connect from. */
const CLIENT = '127.0.0.5';
const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: http.IncomingHttpHeaders;
}

/** One request on a connection of its own, from {@link CLIENT}. */
function ask(port: number, options: http.RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.get(
      { host: '127.0.0.1', port, localAddress: CLIENT, agent: false, ...options },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
      },
    );
    request.on('error', reject);
  });
}

/** Fairlead with PROXY headers required, in front of a server that answers with the headers that it got, as JSON. */
async function startBehind(t: TestContext): Promise<{ port: number; refused: BalancerEvents['refused'][0][] }> {
  const server = await startHttpServer(t, (request, response) => response.end(JSON.stringify(request.headers)));
  const { balancer, port } = await runBalancer(`
    threads: 2
    listeners: { web: { address: "127.0.0.1:0", proxyProtocol: { from: 127.0.0.1 } } }
    pools: { web: ["127.0.0.1:${server}"] }`);
  t.after(() => balancer.close({ force: true }));
  const refused: BalancerEvents['refused'][0][] = [];
  balancer.on('refused', (refusal) => refused.push(refusal));
  return { port, refused };
}

const HAPROXY = `
global
  log stderr format raw local0 err
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
  timeout check 1s
`;

async function startHaproxy(t: TestContext, text: string, port: number): Promise<void> {
  const running = await startOriginal('haproxy', `${HAPROXY}${text}\n`, port);
  t.after(() => running[Symbol.asyncDispose]());
}

async function freePort(): Promise<number> {
  const { port, release } = await reservePort();
  await release();
  return port;
}

async function tempFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-proxy-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const FORWARDED = 'x-forwarded-for';

describe('HAProxy in front', { skip: findCommand('haproxy') === null ? 'needs haproxy' : false }, () => {
  for (const [name, options] of [
    ['send-proxy', 'send-proxy'],
    ['send-proxy-v2', 'send-proxy-v2'],
    [
      'send-proxy-v2 with all options',
      'send-proxy-v2 proxy-v2-options ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c,unique-id',
    ],
  ] as const) {
    it(`the client of HAProxy is that of Fairlead behind it: ${name}`, async (t) => {
      const { port: ours, refused } = await startBehind(t);
      const port = await freePort();
      const folder = await tempFolder(t);
      const socket = join(folder, 'front.sock');
      const front = `
frontend front
  bind 127.0.0.1:${port}
  bind unix@${socket}
  unique-id-format %[uuid()]
  default_backend back
backend back
  server s 127.0.0.1:${ours} ${options} check check-send-proxy inter 100ms`;
      await startHaproxy(t, front, port);
      const { body } = await ask(port);
      assert.equal((JSON.parse(body) as http.IncomingHttpHeaders)[FORWARDED], CLIENT);
      // A client without an address: UNKNOWN, or LOCAL with traffic behind it.
      const local = await new Promise<string>((resolve, reject) => {
        const request = http.get({ socketPath: socket, agent: false }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (more: string) => (text += more));
          response.on('end', () => resolve(text));
        });
        request.on('error', reject);
      });
      assert.equal((JSON.parse(local) as http.IncomingHttpHeaders)[FORWARDED], '127.0.0.1');
      // Some checks, which are neither counted nor told.
      const checks = Date.now() + 500;
      await until(() => Date.now() > checks, 'half a second of checks');
      assert.deepEqual(refused, []);
    });
  }

  it('a client that came to HAProxy by TLS, with a certificate, is one of https', async (t) => {
    const { port: ours, refused } = await startBehind(t);
    const port = await freePort();
    const folder = await tempFolder(t);
    const [server, client] = [createSelfSigned('web.test', '127.0.0.1'), createSelfSigned('client.test')];
    await writeFile(join(folder, 'server.pem'), server.cert + server.key);
    await writeFile(join(folder, 'client.pem'), client.cert);
    await writeFile(join(folder, 'client.key'), client.key);
    const front = `
frontend front
  bind 127.0.0.1:${port} ssl crt ${folder}/server.pem ca-file ${folder}/client.pem verify optional
  default_backend back
backend back
  server s 127.0.0.1:${ours} send-proxy-v2-ssl-cn proxy-v2-options ssl-cipher,cert-sig,cert-key,authority,crc32c`;
    await startHaproxy(t, front, port);
    const certificate = ['--cert', join(folder, 'client.pem'), '--key', join(folder, 'client.key')];
    const url = `https://web.test:${port}/`;
    const to = ['--resolve', `web.test:${port}:127.0.0.1`, '--interface', CLIENT];
    const { stdout } = await run('curl', ['-sS', '--insecure', ...certificate, ...to, url]);
    const headers = JSON.parse(stdout) as http.IncomingHttpHeaders;
    assert.deepEqual(
      [headers[FORWARDED], headers['x-forwarded-proto'], headers['x-forwarded-port']],
      [CLIENT, 'https', String(port)],
    );
    assert.deepEqual(refused, []);
  });
});

describe('others in front', () => {
  it('the client of nginx is that of Fairlead behind it', async (t) => {
    const nginx = findCommand('nginx');
    if (nginx === null) return t.skip('needs nginx');
    if (!existsSync(STREAM_MODULE)) return t.skip('needs libnginx-mod-stream');
    const { port: ours, refused } = await startBehind(t);
    const port = await freePort();
    const folder = await tempFolder(t);
    const text = `load_module ${STREAM_MODULE}; daemon off; worker_processes 1; pid ${folder}/pid;
      error_log ${folder}/error.log; events { worker_connections 64; }
      stream { server { listen 127.0.0.1:${port}; proxy_pass 127.0.0.1:${ours}; proxy_protocol on; } }`;
    await writeFile(join(folder, 'nginx.conf'), text);
    const child = spawn(nginx, ['-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')]);
    t.after(async () => {
      child.kill('SIGTERM');
      await once(child, 'close');
    });
    const answer = async (): Promise<Answer | null> => ask(port).catch(() => null);
    let first: Answer | null = null;
    await until(async () => (first = await answer()) !== null, 'nginx listens');
    const { body } = first as unknown as Answer;
    assert.equal((JSON.parse(body) as http.IncomingHttpHeaders)[FORWARDED], CLIENT);
    assert.deepEqual(refused, []);
  });

  it('curl sends a PROXY header in a write of its own', async (t) => {
    if (findCommand('curl') === null) return t.skip('needs curl');
    const { port, refused } = await startBehind(t);
    const { stdout } = await run('curl', ['-sS', '--haproxy-protocol', `http://127.0.0.1:${port}/`]);
    assert.equal((JSON.parse(stdout) as http.IncomingHttpHeaders)[FORWARDED], '127.0.0.1');
    assert.deepEqual(refused, []);
    await assert.rejects(run('curl', ['-sS', `http://127.0.0.1:${port}/`]));
    await until(() => refused.length === 1, 'one without a header is reset');
  });
});

/** Fairlead in front of a pool with `proxyProtocol`. */
async function startInFront(t: TestContext, server: number, written: string, more = ''): Promise<number> {
  const { balancer, port } = await runBalancer(`
    threads: 2
    listeners: { web: "127.0.0.1:0" }
    pools: { web: { endpoints: ["127.0.0.1:${server}"], proxyProtocol: ${written}, check: { http: /, interval: 100ms }${more} } }`);
  t.after(() => balancer.close({ force: true }));
  await until(
    () => balancer.stats().pools[0].endpoints[0].health.checks[0].answers.length > 2,
    'some checks have been answered',
  );
  const { health } = balancer.stats().pools[0].endpoints[0];
  assert.equal(health.state, 'healthy', health.reason);
  return port;
}

const WRITTEN = ['v1', 'v2', '{ version: 2, add: [unique-id, crc32c, authority] }'] as const;

describe('HAProxy behind', { skip: findCommand('haproxy') === null ? 'needs haproxy' : false }, () => {
  for (const written of WRITTEN) {
    it(`HAProxy behind Fairlead has the client that connected to Fairlead: ${written}`, async (t) => {
      const port = await freePort();
      const back = `
frontend back
  bind 127.0.0.1:${port} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src] %[src_port] %[dst_port]"`;
      await startHaproxy(t, back, port);
      const ours = await startInFront(t, port, written);
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      t.after(() => agent.destroy());
      const [first, second] = [await ask(ours, { agent }), await ask(ours, { agent })];
      assert.match(first.body, new RegExp(`^${CLIENT.replaceAll('.', '\\.')} \\d+ ${ours}$`));
      assert.equal(second.body, first.body);
    });
  }

  it('HAProxy behind Fairlead takes the header before the handshake of TLS', async (t) => {
    const port = await freePort();
    const folder = await tempFolder(t);
    const server = createSelfSigned('web.test', '127.0.0.1');
    await writeFile(join(folder, 'server.pem'), server.cert + server.key);
    const back = `
frontend back
  bind 127.0.0.1:${port} accept-proxy ssl crt ${folder}/server.pem
  http-request return status 200 content-type text/plain lf-string "%[src] %[src_port] %[dst_port] %[ssl_fc]"`;
    await startHaproxy(t, back, port);
    const ours = await startInFront(t, port, 'v2', ', tls: { verify: off }');
    const { body } = await ask(ours);
    assert.match(body, new RegExp(`^${CLIENT.replaceAll('.', '\\.')} \\d+ ${ours} 1$`));
  });
});

describe('nginx behind', { skip: findCommand('nginx') === null ? 'needs nginx' : false }, () => {
  for (const written of WRITTEN) {
    it(`nginx behind Fairlead has the client that connected to Fairlead: ${written}`, async (t) => {
      const port = await freePort();
      const server = `server {
        listen 127.0.0.1:${port} proxy_protocol;
        location / { return 200 "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_port"; }
      }`;
      const running = await startOriginal('nginx', server, port);
      t.after(() => running[Symbol.asyncDispose]());
      const ours = await startInFront(t, port, written);
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      t.after(() => agent.destroy());
      const [first, second] = [await ask(ours, { agent }), await ask(ours, { agent })];
      assert.match(first.body, new RegExp(`^${CLIENT.replaceAll('.', '\\.')} \\d+ ${ours}$`));
      assert.equal(second.body, first.body);
      const post = await ask(ours, { method: 'POST', headers: { 'content-length': '0' } });
      assert.match(post.body, new RegExp(`^${CLIENT.replaceAll('.', '\\.')} \\d+ ${ours}$`));
    });
  }
});
