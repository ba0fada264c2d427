import assert from 'node:assert/strict';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { evidenceNumber } from '../../src/core/health/evidence.ts';
import { UNHEALTHY } from '../../src/core/shared/pool-table.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import { until } from '../support/until.ts';

const hello = answering(() => ok('hello'));

proxied(
  'a request reaches the endpoint with our headers, and its answer the client',
  {},
  hello,
  async ({ client, servers }) => {
    const peer = await client();
    await peer.send(
      'GET /a?b=1 HTTP/1.1\r\nHost: Example.com:80\r\nAccept: */*\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: X-Gone\r\nX-Gone: 1\r\n\r\n',
    );
    const response = await readResponse(peer);
    assert.equal(response.body, 'hello');
    assert.match(response.head, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(response.head, /\r\nVia: 1\.1 fairlead\r\n/);
    assert.equal(servers[0].peers.length, 1);
  },
);

proxied(
  'the endpoint sees the request as it came, hop-by-hop headers out and ours in',
  {},
  answering((head) => ok(head)),
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send(
      'GET /a?b=1 HTTP/1.1\r\nHost: Example.com:80\r\nAccept: */*\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: X-Gone\r\nX-Gone: 1\r\n\r\n',
    );
    const { body } = await readResponse(peer);
    const lines = body.split('\r\n');
    assert.equal(lines[0], 'GET /a?b=1 HTTP/1.1');
    assert.ok(lines.includes('Host: Example.com:80'));
    assert.ok(lines.includes('Accept: */*'));
    assert.ok(lines.includes('X-Forwarded-For: 127.0.0.1'));
    assert.ok(lines.includes('X-Forwarded-Proto: http'));
    assert.ok(lines.includes('X-Forwarded-Host: Example.com:80'));
    assert.ok(lines.includes(`X-Forwarded-Port: ${plane.port}`));
    assert.ok(lines.includes('Via: 1.1 fairlead'));
    assert.match(body, /\r\nX-Request-Id: [0-9a-f]{16}-[0-9a-z]+\r\n/);
    assert.doesNotMatch(body, /X-Gone|Connection:/);
  },
);

proxied(
  'a connection carries one request after another to one upstream connection',
  {},
  hello,
  async ({ client, servers }) => {
    const peer = await client();
    for (let index = 0; index < 5; index++) {
      await peer.send(get(`/${index}`));
      assert.equal((await readResponse(peer)).body, 'hello');
    }
    assert.equal(servers[0].peers.length, 1);
  },
);

proxied(
  'pipelined requests are answered in order',
  { endpoints: 3 },
  answering((head) => ok(/^\S+ (\S+)/.exec(head)?.[1] ?? '')),
  async ({ client }) => {
    const peer = await client();
    await peer.send(Array.from({ length: 20 }, (_, index) => get(`/${index}`)).join(''));
    for (let index = 0; index < 20; index++) assert.equal((await readResponse(peer)).body, `/${index}`);
  },
);

proxied(
  'a body of known length arrives whole',
  {},
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    const body = await peer.readBytes(3000);
    await peer.send(ok(body));
  },
  async ({ client }) => {
    const peer = await client();
    const body = 'x'.repeat(1500) + 'y'.repeat(1500);
    await peer.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n${body}`);
    assert.equal((await readResponse(peer)).body, body);
  },
);

proxied(
  'a chunked body is framed anew, extensions out, trailers on',
  {},
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    assert.match(head, /\r\nTransfer-Encoding: chunked\r\n/);
    let body = '';
    let trailers = '';
    for (;;) {
      const line = await peer.readUntil('\r\n');
      assert.match(line, /^[0-9a-f]+\r\n$/i);
      const size = Number.parseInt(line, 16);
      if (size === 0) {
        for (let trailer = await peer.readUntil('\r\n'); trailer !== '\r\n'; trailer = await peer.readUntil('\r\n'))
          trailers += trailer;
        break;
      }
      body += await peer.readBytes(size);
      assert.equal(await peer.readBytes(2), '\r\n');
    }
    await peer.send(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;ext=1\r\n${body.slice(0, 4)}\r\n5\r\n${body.slice(4)}\r\n0\r\n${trailers}\r\n`,
    );
  },
  async ({ client }) => {
    const peer = await client();
    await peer.send(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n6\r\ndefghi\r\n0\r\nX-Sum: 9\r\n\r\n',
    );
    const head = await peer.readUntil(END_OF_HEAD);
    assert.match(head, /\r\nTransfer-Encoding: chunked\r\n/);
    const body = await peer.readUntil('X-Sum: 9\r\n\r\n');
    assert.equal(body.replace(/(?:^|\r\n)[0-9a-f]+\r\n/g, ''), 'abcdefghi' + 'X-Sum: 9\r\n\r\n');
    await peer.send(get());
  },
);

proxied(
  'HEAD, 204 and 304 have no body whatever their length says',
  {},
  answering((head) => {
    if (head.startsWith('HEAD')) return 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n';
    if (head.startsWith('GET /204')) return 'HTTP/1.1 204 No Content\r\n\r\n';
    if (head.startsWith('GET /304')) return 'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\nETag: "x"\r\n\r\n';
    return ok('end');
  }),
  async ({ client }) => {
    const peer = await client();
    await peer.send(get().replace('GET', 'HEAD'));
    assert.match((await readResponse(peer, true)).head, /Content-Length: 500/);
    await peer.send(get('/204'));
    assert.equal((await readResponse(peer, true)).status, 204);
    await peer.send(get('/304'));
    assert.match((await readResponse(peer, true)).head, /ETag: "x"/);
    await peer.send(get());
    assert.equal((await readResponse(peer)).body, 'end');
  },
);

const BODILESS: readonly (readonly [method: string, answer: string, status: number])[] = [
  ['GET', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n', 204],
  ['DELETE', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 204],
  ['GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nstray', 204],
  ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n', 304],
  ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n', 200],
  ['HEAD', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 200],
  ['GET', `HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n${ok('')}`, 200],
  ['GET', `HTTP/1.1 100 Continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n${ok('')}`, 200],
];

proxied(
  'answers that cannot have a body are taken with any framing, go on without it, and what follows them reaches nobody',
  {},
  answering((head) => BODILESS[Number(/^[A-Z]+ \/(\d+)/.exec(head)?.[1] ?? 0)][1]),
  async ({ client, plane }) => {
    const peer = await client();
    for (const [index, [method, , status]] of BODILESS.entries()) {
      await peer.send(get(`/${index}`).replace('GET', method));
      let { head, ...answer } = await readResponse(peer, true);
      while (answer.status < 200) {
        assert.doesNotMatch(head, /Content-Length|Transfer-Encoding|Connection/i);
        ({ head, ...answer } = await readResponse(peer, true));
      }
      assert.equal(answer.status, status);
      assert.doesNotMatch(head, /Transfer-Encoding/i);
    }
    assert.equal(failuresInARow(plane.table.failures, 0), 0);
  },
);

proxied(
  'interim answers pass, to HTTP/1.0 they do not',
  {},
  answering(() => `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok('x')}`),
  async ({ client }) => {
    const peer = await client();
    await peer.send(get());
    assert.match(await peer.readUntil(END_OF_HEAD), /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>\r\n\r\n$/);
    assert.equal((await readResponse(peer)).body, 'x');
    const old = await client();
    await old.send('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
    const all = await old.readAll();
    assert.match(all, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(all, /\r\nConnection: close\r\n/);
  },
);

proxied(
  'a client that waits for 100 gets it from the endpoint, and then sends its body',
  {},
  async (peer) => {
    assert.match(await peer.readUntil(END_OF_HEAD), /\r\nExpect: 100-continue\r\n/i);
    await peer.send('HTTP/1.1 100 Continue\r\n\r\n');
    await peer.send(ok(await peer.readBytes(4)));
  },
  async ({ client }) => {
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
    assert.match(await peer.readUntil(END_OF_HEAD), /^HTTP\/1\.1 100 /);
    await peer.send('body');
    assert.equal((await readResponse(peer)).body, 'body');
  },
);

proxied(
  'a body that ends with the connection becomes chunks for HTTP/1.1 and stays open-ended for HTTP/1.0',
  {},
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send('HTTP/1.0 200 OK\r\n\r\nuntil the end');
    peer.end();
  },
  async ({ client }) => {
    const peer = await client();
    await peer.send(get());
    assert.match(await peer.readUntil(END_OF_HEAD), /\r\nTransfer-Encoding: chunked\r\n/);
    assert.match((await peer.readUntil('0\r\n\r\n')).replace(/(?:^|\r\n)[0-9a-f]+\r\n/g, ''), /^until the end/);
    const old = await client();
    await old.send('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
    assert.match(await old.readAll(), /\r\n\r\nuntil the end$/);
  },
);

proxied(
  'an answer that breaks off reaches the client as broken',
  {},
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    if (head.startsWith('GET /chunked'))
      await peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    else await peer.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
    peer.end();
  },
  async ({ client }) => {
    for (const path of ['/chunked', '/length']) {
      const peer = await client();
      await peer.send(get(path));
      const all = await peer.readAll().catch((error: unknown) => String(error));
      assert.match(all.replace(/\r\n[0-9a-f]+\r\n/g, ''), /hello|h[^]*e[^]*l[^]*o/);
      assert.doesNotMatch(all, /0\r\n\r\n$/);
    }
  },
);

proxied(
  'a malformed answer is a 502',
  {},
  answering((head) => (head.startsWith('GET /a') ? 'HTTP/1.1 200 OK\r\nBad Header: x\r\n\r\n' : 'garbage\r\n\r\n')),
  async ({ client }) => {
    for (const path of ['/a', '/b']) {
      const peer = await client();
      await peer.send(get(path));
      const response = await readResponse(peer);
      assert.equal(response.status, 502);
      assert.match(response.head, /\r\nFairlead-Error: bad-response\r\n/);
    }
  },
);

proxied(
  'bytes after an answer close the upstream connection and reach nobody',
  {},
  answering((_head, index) => `${ok(`answer ${index}`)}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen`),
  async ({ client, servers }) => {
    const peer = await client();
    for (let index = 0; index < 4; index++) {
      await peer.send(get());
      assert.equal((await readResponse(peer)).body, 'answer 0');
    }
    await until(() => servers[0].peers.every((other) => other.state !== 'open'), 'upstream connections close');
  },
);

proxied(
  'a request without a route is our 404, and the connection lives on',
  { routes: [{ match: { path: { kind: 'exact', path: '/here' } } }] },
  hello,
  async ({ client }) => {
    const peer = await client();
    await peer.send(get('/there'));
    const response = await readResponse(peer);
    assert.equal(response.status, 404);
    assert.match(response.head, /\r\nFairlead-Error: no-route\r\n/);
    await peer.send(get('/here'));
    assert.equal((await readResponse(peer)).body, 'hello');
  },
);

proxied(
  'a refused connect moves to another endpoint at once',
  { endpoints: 1, deadPorts: 1 },
  hello,
  async ({ client, plane }) => {
    for (let index = 0; index < 4; index++) {
      const peer = await client();
      await peer.send(get());
      assert.equal((await readResponse(peer)).body, 'hello');
    }
    assert.ok(plane.reports.some((report) => report.type === 'passive-failure' && report.failure === 'refused'));
  },
);

proxied(
  'with no endpoint listening the answer is 502 connect-failed',
  { endpoints: 0, deadPorts: 2 },
  hello,
  async ({ client }) => {
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody');
    const response = await readResponse(peer);
    assert.equal(response.status, 502);
    assert.match(response.head, /\r\nFairlead-Error: connect-failed\r\n/);
  },
);

proxied(
  'a POST moves on from a refused connect with its body',
  { endpoints: 1, deadPorts: 2 },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send(ok(await peer.readBytes(4)));
  },
  async ({ client }) => {
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody');
    assert.equal((await readResponse(peer)).body, 'body');
  },
);

proxied(
  'a GET is sent again when its connection closes before an answer, a POST never',
  { endpoints: 2 },
  async (peer, endpoint) => {
    for (;;) {
      const head = await peer.readUntil(END_OF_HEAD).catch(() => '');
      if (head === '') return;
      if (endpoint === 0) {
        peer.end();
        return;
      }
      await peer.send(ok('second'));
    }
  },
  async ({ client, plane }) => {
    for (let index = 0; index < 4; index++) {
      const peer = await client();
      await peer.send(get());
      assert.equal((await readResponse(peer)).body, 'second');
    }
    // Round robin: of two POSTs one meets the endpoint that closes.
    const statuses: number[] = [];
    for (let index = 0; index < 2; index++) {
      const peer = await client();
      await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
      statuses.push((await readResponse(peer)).status);
    }
    assert.deepEqual(statuses.sort(), [200, 502]);
    assert.ok(plane.plane.exchanges <= 1);
  },
);

proxied(
  'an endpoint that answers early is passed on, and not used again',
  {},
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig');
    await peer.closed;
  },
  async ({ client, servers }) => {
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nbeginning');
    const response = await readResponse(peer);
    assert.equal(response.status, 413);
    assert.equal(response.body, 'big');
    assert.equal(await peer.closed, 'fin');
    await until(() => servers[0].peers.every((other) => other.state !== 'open'), 'the upstream connection closes');
  },
);

proxied(
  'a client that leaves cancels its request at the endpoint',
  {},
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.closed;
  },
  async ({ client, servers }) => {
    for (const way of ['end', 'reset'] as const) {
      const peer = await client();
      await peer.send(get());
      await until(
        () => servers[0].peers.some((other) => other.state === 'open' && other.receivedBytes > 50),
        'the request arrives',
      );
      peer[way]();
      await until(() => servers[0].peers.every((other) => other.state !== 'open'), 'the endpoint sees it end');
    }
  },
);

proxied(
  'WebSocket upgrades pass, with bytes both ways and half-closes carried across',
  {},
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    assert.match(head, /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/);
    await peer.send(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\nfirst',
    );
    const all = await peer.readAll();
    await peer.send(`echo ${all}`);
    peer.end();
  },
  async ({ client }) => {
    const peer = await client();
    await peer.send(
      get('/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n'),
    );
    const head = await peer.readUntil(END_OF_HEAD);
    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.match(head, /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/);
    assert.equal(await peer.readBytes(5), 'first');
    await peer.send('ping');
    peer.end();
    assert.equal(await peer.readAll(), 'echo ping');
  },
);

proxied(
  'an upgrade that is refused leaves the connection usable',
  {},
  answering((head) =>
    /upgrade: websocket/i.test(head) ? 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno' : ok('plain'),
  ),
  async ({ client }) => {
    const peer = await client();
    await peer.send(get('/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'));
    assert.equal((await readResponse(peer)).status, 403);
    await peer.send(get());
    assert.equal((await readResponse(peer)).body, 'plain');
  },
);

proxied(
  'an upgrade the route does not list is forwarded as a plain request, and a 101 to it is a 502',
  {},
  answering((head) => {
    assert.doesNotMatch(head, /upgrade/i);
    return 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n';
  }),
  async ({ client }) => {
    const peer = await client();
    await peer.send(get('/', 'Connection: Upgrade\r\nUpgrade: foo\r\n'));
    const response = await readResponse(peer);
    assert.equal(response.status, 502);
    assert.match(response.head, /Fairlead-Error: unexpected-upgrade/);
  },
);

proxied(
  'server-sent events pass at once',
  {},
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
    await peer.send('9\r\ndata: 1\n\n\r\n');
    await peer.closed;
  },
  async ({ client }) => {
    const peer = await client();
    await peer.send(get());
    await peer.readUntil(END_OF_HEAD);
    const bytes = (text: string) => text.replace(/(?:^|\r\n)[0-9a-f]+\r\n|\r\n/g, '');
    await peer.readUntil((text) => (bytes(text).includes('data: 1\n\n') ? text.length : -1));
    peer.reset();
  },
);

proxied(
  'maxConnections holds a second request until the first is done',
  { pool: { maxConnections: 1 } },
  answering(() => ok('x')),
  async ({ client, servers, plane }) => {
    const peers = await Promise.all(Array.from({ length: 5 }, () => client()));
    await Promise.all(peers.map((peer) => peer.send(get())));
    for (const peer of peers) assert.equal((await readResponse(peer)).body, 'x');
    assert.equal(servers[0].peers.length, 1);
    assert.equal(plane.table.connections[0], 1);
  },
);

proxied(
  'a request that waits for a place at an endpoint that goes down takes another one',
  { pool: { maxConnections: 1 }, endpoints: 2 },
  async (peer, endpoint) => {
    await peer.readUntil(END_OF_HEAD);
    if (endpoint === 1) await peer.send(ok('other'));
    await peer.closed;
  },
  async ({ client, plane }) => {
    plane.table.setHealth(1, UNHEALTHY);
    const [first, second] = [await client(), await client()];
    // A POST that was sent stays where it is.
    await first.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
    await until(() => plane.table.connections[0] === 1, 'the first has the place');
    await second.send(get());
    await until(() => plane.table.inFlight(0) === 2, 'the second waits for it');
    plane.table.setHealth(0, UNHEALTHY);
    plane.table.setHealth(1, 0);
    const order = { pool: 'web', slot: 0, generation: 0, kind: 'connect' } as const;
    plane.plane.rescue(order);
    assert.equal(plane.table.inFlight(0), 2, 'an order that holds no more moves nobody');
    plane.table.rescue[0] = evidenceNumber('connect');
    plane.plane.rescue({ ...order, generation: 1 });
    assert.equal(plane.table.inFlight(0), 2, 'an order about one that had the row before moves nobody');
    plane.plane.rescue(order);
    assert.equal((await readResponse(second)).body, 'other');
    first.reset();
  },
);

proxied(
  'a client too slow with its head gets 408, one with its body too',
  { timeouts: { requestHeadMs: 60, requestBodyIdleMs: 60 } },
  hello,
  async ({ client }) => {
    const slow = await client();
    await slow.send('GET / HTTP/1.1\r\nHo');
    assert.match(await slow.readAll(), /^HTTP\/1\.1 408 /);
    const body = await client();
    await body.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123');
    assert.match(await body.readAll(), /^HTTP\/1\.1 408 /);
  },
);

proxied(
  'an endpoint too slow with its answer is a 504',
  { timeouts: { responseHeadMs: 60 } },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.closed;
  },
  async ({ client }) => {
    const peer = await client();
    await peer.send(get());
    const response = await readResponse(peer);
    assert.equal(response.status, 504);
    assert.match(response.head, /Fairlead-Error: response-timeout/);
  },
);
