/** What the access log says of exchanges, of each kind of end, with one thread and with several. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { describe, it } from 'node:test';
import { exchange, get, runLogged } from '../support/access-log.ts';
import type { Logged } from '../support/access-log.ts';
import { until } from '../support/until.ts';

const TIMES = ['queueMs', 'connectMs', 'firstByteMs', 'totalMs'] as const;

/** Without what differs from run to run. */
function steady(line: Logged): Logged {
  const varying: readonly string[] = ['time', 'requestId', ...TIMES];
  return Object.fromEntries(Object.entries(line).filter(([name]) => !varying.includes(name)));
}

function readRaw(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

for (const threads of [1, 4]) {
  describe(`a line of the access log, with ${threads} threads`, () => {
    it(`a line of the access log says who asked for what, where it went, what came back and how long each step took (${threads} threads)`, async (t) => {
      const { port, endpoint, lines } = await runLogged(t, { threads });
      const before = Date.now();
      await exchange(port, get('/late?a=1', 'X-Request-Id: abc-1\r\n'));
      const [line] = await lines(1);
      assert.deepEqual(steady(line), {
        level: 30,
        client: '127.0.0.1',
        method: 'GET',
        host: 'Shop.Example',
        path: '/late?a=1',
        protocol: 'HTTP/1.1',
        status: 200,
        bytesIn: 0,
        bytesOut: 4,
        listener: 'web',
        route: 'web',
        pool: 'web',
        endpoint: `127.0.0.1:${endpoint}`,
        attempts: 1,
      });
      const { time, requestId, queueMs, connectMs, firstByteMs, totalMs } = line as Record<string, number>;
      assert.equal(String(requestId), 'abc-1');
      // A clock of whole milliseconds, and one that is finer.
      assert.ok(time >= before - 2 && time <= Date.now() + 2, `${time} began at ${before}`);
      for (const name of TIMES) assert.ok((line[name] as number) >= 0, `${name}: ${String(line[name])}`);
      assert.ok(firstByteMs > 450, `an endpoint that waits 500 ms answered after ${firstByteMs}`);
      assert.ok(totalMs + 0.01 >= queueMs + connectMs + firstByteMs, JSON.stringify(line));
    });

    it(`a line of the access log counts the bytes of both bodies (${threads} threads)`, async (t) => {
      const { port, lines } = await runLogged(t, { threads });
      await exchange(port, `POST /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 7\r\n\r\n1234567`);
      const [{ method, bytesIn, bytesOut }] = await lines(1);
      assert.deepEqual({ method, bytesIn, bytesOut }, { method: 'POST', bytesIn: 7, bytesOut: 5 });
    });

    it(`a line of the access log is there for each of many requests on few connections, once (${threads} threads)`, async (t) => {
      const { port, lines } = await runLogged(t, { threads });
      const keepAlive = (n: number): string => `GET /ok?n=${n} HTTP/1.1\r\nHost: a\r\n\r\n`;
      const lane = (from: number): Promise<string> =>
        exchange(port, Array.from({ length: 49 }, (_, n) => keepAlive(from + n)).join('') + get(`/ok?n=${from + 49}`));
      await Promise.all(Array.from({ length: 8 }, (_, index) => lane(index * 50)));
      const seen = (await lines(400)).map(({ path }) => path);
      assert.deepEqual(new Set(seen), new Set(Array.from({ length: 400 }, (_, n) => `/ok?n=${n}`)));
      assert.equal(seen.length, 400);
    });
  });
}

describe('the access log', () => {
  it('the access log has what was refused before a route was known', async (t) => {
    const { port, lines } = await runLogged(t, { routes: '[{ match: { path: /ok }, pool: web }]' });
    await exchange(port, get('/nowhere'));
    await exchange(port, 'GET /ok HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n');
    const [unrouted, refused] = await lines(2);
    assert.deepEqual(steady(unrouted), {
      level: 40,
      client: '127.0.0.1',
      method: 'GET',
      host: 'Shop.Example',
      path: '/nowhere',
      protocol: 'HTTP/1.1',
      status: 404,
      bytesIn: 0,
      bytesOut: 0,
      listener: 'web',
      attempts: 0,
      reason: 'no-route',
    });
    assert.deepEqual(steady(refused), {
      level: 40,
      client: '127.0.0.1',
      method: 'GET',
      host: 'a',
      path: '/ok',
      protocol: 'HTTP/1.1',
      status: 400,
      bytesIn: 0,
      bytesOut: 0,
      listener: 'web',
      attempts: 0,
      reason: 'bad-content-length',
    });
  });

  it('the access log has 499 for a client that left before its answer', async (t) => {
    const { balancer, port, lines } = await runLogged(t);
    const socket = net.connect(port, '127.0.0.1');
    socket.write(get('/never'));
    await until(() => balancer.stats().pools[0].endpoints[0].inFlight === 1, 'the endpoint has it');
    socket.destroy();
    const [{ status, level, reason, firstByteMs, attempts }] = await lines(1);
    assert.deepEqual(
      { status, level, firstByteMs, attempts },
      { status: 499, level: 40, firstByteMs: undefined, attempts: 1 },
    );
    assert.equal(reason, 'client-closed');
  });

  it('the access log has what came of a head that never was complete, and masks it', async (t) => {
    const { port, lines } = await runLogged(t);
    const socket = net.connect(port, '127.0.0.1');
    socket.end('PUT /half?token=secret HTTP/1.1\r\nHost: shop.example\r\nX-Fir');
    const [{ method, host, path, status, reason }] = await lines(1);
    assert.deepEqual([method, host, path], ['PUT', 'shop.example', '/half?token=***']);
    assert.deepEqual([status, reason], [400, 'bad-request-line']);
  });

  it('the access log has no error for a client that leaves in the middle of an answer', async (t) => {
    const { port, lines } = await runLogged(t);
    const socket = net.connect(port, '127.0.0.1');
    socket.write(get('/stream'));
    await once(socket, 'data');
    socket.destroy();
    const [{ status, level, reason }] = await lines(1);
    assert.deepEqual([status, level, reason], [200, 30, 'client-closed']);
  });

  it('the access log has an error for an answer that broke off after its head', async (t) => {
    const { port, lines } = await runLogged(t);
    await exchange(port, get('/cut'));
    const [{ status, level, reason, bytesOut }] = await lines(1);
    assert.deepEqual({ status, level, bytesOut }, { status: 200, level: 50, bytesOut: 4 });
    assert.match(String(reason), /^upstream-(?:closed|reset)$/);
  });

  it('the access log names the rule that a malformed answer broke, as stats() does', async (t) => {
    const { balancer, port, lines } = await runLogged(t);
    await exchange(port, get('/unix'));
    const [{ status, reason }] = await lines(1);
    assert.deepEqual({ status, reason }, { status: 502, reason: 'bad-response: lone LF in head' });
    assert.equal(balancer.stats().pools[0].endpoints[0].health.lastFailure, reason);
  });

  it('the access log counts attempts, and names the endpoint that was tried last', async (t) => {
    const { balancer, file, endpoint, lines, port } = await runLogged(t);
    const refusing = net.createServer().listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    const { port: dead } = refusing.address() as net.AddressInfo;
    refusing.close();
    await balancer.reload({
      threads: 1,
      listeners: { web: '127.0.0.1:0' },
      accessLog: { to: { file } },
      pools: {
        web: { endpoints: [`127.0.0.1:${dead}`, `127.0.0.1:${endpoint}`], policy: 'round-robin', ejection: 'off' },
      },
    });
    const front = balancer.addresses()[0].port || port;
    for (let index = 0; index < 4; index++) await exchange(front, get('/ok'));
    const logged = await lines(4);
    for (const line of logged) assert.deepEqual([line.status, line.endpoint], [200, `127.0.0.1:${endpoint}`]);
    assert.ok(
      logged.some(({ attempts }) => attempts === 2),
      JSON.stringify(logged),
    );
  });

  it('the access log has a line for a tunnel when it has ended, with its bytes both ways', async (t) => {
    const { port, lines } = await runLogged(t, {
      accessLog: 'only: slow-or-failed, slow: 1ms',
      routes: '[{ name: web, pool: web, accessLog: { only: all } }]',
    });
    const socket = net.connect(port, '127.0.0.1').setEncoding('latin1');
    let seen = '';
    socket.on('data', (text: string) => (seen += text));
    socket.write('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await until(() => seen.endsWith('\r\n\r\n'), 'it switches');
    socket.write('echo this');
    await until(() => seen.endsWith('echo this'), 'it echoes');
    socket.end();
    const [{ status, level, bytesIn, bytesOut, reason }] = await lines(1);
    assert.deepEqual(
      { status, level, bytesIn, bytesOut, reason },
      { status: 101, level: 30, bytesIn: 9, bytesOut: 9, reason: undefined },
    );
  });

  it('the access log masks the values of parameters that are secrets, and of none else', async (t) => {
    const { port, lines } = await runLogged(t, { accessLog: 'mask: [token, Session]' });
    await exchange(port, get('/ok?a=token&TOKEN=s3cret&x=1&%74oken=s3cret&session=s3cret&password=p&token'));
    const [{ path }] = await lines(1);
    assert.equal(path, '/ok?a=token&TOKEN=***&x=1&%74oken=***&session=***&password=p&token');
  });

  it('the access log writes what no client can break a line with', async (t) => {
    const { port, file } = await runLogged(t, { accessLog: 'format: combined' });
    await exchange(port, get('/ok', 'User-Agent: a"b\\ \t\xe9\r\nReferer: http://a/?token=x&b\r\n'));
    await until(() => readRaw(file) !== '', 'a line');
    assert.match(
      readRaw(file),
      /^127\.0\.0\.1 - - \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/ok HTTP\/1\.1" 200 5 "http:\/\/a\/\?token=\*\*\*&b" "a\\x22b\\x5C \\x09\\xE9"\n$/,
    );
  });
});
