/** PROXY headers that come and go, in a whole balancer: figures, events, log, checks, reload, and threads. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import type { BalancerEvents } from '../../src/runtime/balancer.ts';
import { get } from '../support/access-log.ts';
import { startHttpServer } from '../support/http-server.ts';
import { configOf, runBalancer } from '../support/running-balancer.ts';
import type { RunningBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

const LINE = 'PROXY TCP4 192.0.2.10 198.51.100.1 40000 443\r\n';

interface Listening extends RunningBalancer {
  readonly refused: BalancerEvents['refused'][0][];
  config(proxyProtocol: string): string;
  logged(): string;
}

async function start(t: TestContext, threads: number, listener: string): Promise<Listening> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-proxy-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'access.log');
  const server = await startHttpServer(t, (request, response) => {
    response.end(String(request.headers['x-forwarded-for']));
  });
  const config = (keys: string): string => `
    threads: ${threads}
    listeners: { web: { address: "127.0.0.1:0", ${keys} } }
    accessLog: { format: "$client $path", to: { file: ${JSON.stringify(file)} } }
    pools: { web: ["127.0.0.1:${server}"] }`;
  const running = await runBalancer(config(listener));
  t.after(() => running.balancer.close({ force: true }));
  const refused: Listening['refused'] = [];
  running.balancer.on('refused', (refusal) => refused.push(refusal));
  return { ...running, refused, config, logged: () => readFileSync(file, 'utf8') };
}

/** Sends bytes on a connection of their own, and reads until its end, be it a reset. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1').setEncoding('latin1');
    let answer = '';
    socket.on('data', (more: string) => (answer += more)).on('error', () => {});
    socket.on('close', () => resolve(answer));
    socket.write(bytes);
  });
}

for (const threads of [0, 1, 4]) {
  describe(`a listener that takes PROXY headers, with ${threads} threads`, () => {
    it(`the address in a PROXY header is in the access log, and what is refused is counted and told (${threads} threads)`, async (t) => {
      const from = 'proxyProtocol: { from: [127.0.0.0/8] }';
      const { balancer, port, refused, logged, faults } = await start(t, threads, from);
      assert.match(await exchange(port, LINE + get('/good')), /\r\n\r\n192\.0\.2\.10$/);
      for (let count = 0; count < 5; count++) await exchange(port, `PROXY TCP9\r\n${get('/bad')}`);
      await until(() => logged().length > 0, 'a line');
      assert.equal(logged(), '192.0.2.10 /good\n');
      // Others that have yet to load what it takes.
      if (threads > 0) await balancer.replaceWorkers();
      assert.match(await exchange(port, LINE + get('/good')), /\r\n\r\n192\.0\.2\.10$/);
      const counted = (): number => balancer.stats().listeners[0].refused['bad-proxy-header'] ?? 0;
      await until(
        () => counted() === 5,
        () => `${counted()} of 5`,
      );
      const { rule, withinMs, ...rest } = refused[0];
      assert.deepEqual(rest, { listener: 'web', reason: 'bad-proxy-header', address: '127.0.0.1', count: rest.count });
      assert.deepEqual([rule, withinMs], ['a family other than TCP4, TCP6 and UNKNOWN', 0]);
      await balancer.close({ force: true });
      assert.equal(
        refused.reduce((sum, { count }) => sum + count, 0),
        5,
      );
      assert.deepEqual(faults, []);
    });

    it(`a reload that changes proxyProtocol holds for connections that come from then on (${threads} threads)`, async (t) => {
      const { balancer, port, config } = await start(t, threads, 'proxyProtocol: off');
      assert.match(await exchange(port, get('/plain')), /\r\n\r\n127\.0\.0\.1$/);
      const { summary } = await balancer.reload(configOf(config('proxyProtocol: { from: 127.0.0.1 }')));
      assert.match(summary, /listener/);
      assert.match(await exchange(port, LINE + get('/proxied')), /\r\n\r\n192\.0\.2\.10$/);
      assert.equal(await exchange(port, get('/plain')), '');
      await balancer.reload(configOf(config('proxyProtocol: { from: 127.0.0.1, mode: detect }')));
      assert.match(await exchange(port, get('/plain')), /\r\n\r\n127\.0\.0\.1$/);
      assert.match(await exchange(port, LINE + get('/proxied')), /\r\n\r\n192\.0\.2\.10$/);
      await balancer.reload(configOf(config('proxyProtocol: off')));
      assert.match(await exchange(port, LINE + get('/proxied')), /^HTTP\/1\.1 400/);
    });
  });
}

/** Answers each request with the line of version 1 that its connection began with, or `none`; and says what it has met. */
async function startTeller(t: TestContext): Promise<{ port: number; lines: string[] }> {
  const lines: string[] = [];
  const server = net.createServer((socket) => {
    let line: string | null = null;
    let text = '';
    socket.setEncoding('latin1').on('error', () => {});
    socket.on('data', (more: string) => {
      text += more;
      if (line === null && text.includes('\r\n')) {
        line = /^PROXY [^\r]*/.exec(text)?.[0] ?? 'none';
        lines.push(line);
        if (line !== 'none') text = text.slice(line.length + 2);
      }
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        text = text.slice(end + 4);
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${line?.length}\r\n\r\n${line}`);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: (server.address() as net.AddressInfo).port, lines };
}

for (const threads of [0, 1, 4]) {
  describe(`a pool whose connections begin with a PROXY header, with ${threads} threads`, () => {
    it(`a reload that changes proxyProtocol of a pool holds for the next request of a client that stays (${threads} threads)`, async (t) => {
      const { port: server, lines } = await startTeller(t);
      const config = (keys: string): string => `
        threads: ${threads}
        listeners: { web: "127.0.0.1:0" }
        pools: { web: { endpoints: ["127.0.0.1:${server}"], check: { http: /healthcheck }, ${keys} } }`;
      const { balancer, port, faults } = await runBalancer(config('proxyProtocol: off'));
      t.after(() => balancer.close({ force: true }));
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      t.after(() => agent.destroy());
      const ask = (): Promise<string> => text(agent, port);
      assert.equal(await ask(), 'none');
      lines.length = 0;
      await balancer.reload(configOf(config('proxyProtocol: v1')));
      const first = await ask();
      assert.match(first, new RegExp(`^PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 \\d+ ${port}$`));
      assert.equal(await ask(), first, 'the same client, and the same connection');
      await until(() => lines.includes('PROXY UNKNOWN'), 'the check says that it is nobody’s connection');
      await balancer.reload(configOf(config('proxyProtocol: off')));
      assert.equal(await ask(), 'none');
      agent.destroy();
      await until(
        () => balancer.stats().pools[0].endpoints[0].connections <= 1,
        'what was the client’s alone has closed with it',
      );
      assert.deepEqual(faults, []);
    });
  });
}

function text(agent: http.Agent, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ agent, port, host: '127.0.0.1' }, (response) => {
      let body = '';
      response.setEncoding('latin1').on('data', (more: string) => (body += more));
      response.on('end', () => resolve(body));
    });
    request.on('error', reject);
  });
}
