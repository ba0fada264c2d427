/** Exceptions in our own code, at each place where one can happen: the exchange they hit is lost, nothing else. */
import assert from 'node:assert/strict';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import type { Routing, Route } from '../../src/http/routing.ts';
import { compileSteps } from '../../src/http/steps/route-steps.ts';
import { PASS } from '../../src/http/steps/step.ts';
import type { Step } from '../../src/http/steps/step.ts';
import type { TestPlane } from '../support/data-plane.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import { until } from '../support/until.ts';

const hello = answering((head) => ok(/^\S+ (\S+)/.exec(head)?.[1] ?? ''));

/** Gives the route a step that throws somewhere. */
function trap(plane: TestPlane, step: Omit<Step, 'name'>): void {
  const { routing } = plane.plane as unknown as { routing: Routing };
  const route = routing.match({ host: 'a', path: '/', rawPath: '/', query: '', method: 'GET', lines: '' }) as Route;
  Object.assign(route, { steps: compileSteps([{ name: 'trap', ...step }]) });
}

/** At the target `/bug`, before anything is sent. */
const AT_REQUEST: Omit<Step, 'name'> = { onRequest: (view) => (view.request.head.target === '/bug' ? bug() : PASS) };

/** At the first look at the request's body. */
const AT_REQUEST_BODY: Omit<Step, 'name'> = {
  onRequest(view) {
    view.limitBody({ valueOf: bug } as unknown as number);
    return PASS;
  },
};

function bug(): never {
  throw new Error('a bug of ours');
}

proxied(
  'a fault while a request is routed is a 500, and what was read with it is not taken for a request',
  { allowFaults: true },
  hello,
  async ({ client, plane, servers }) => {
    trap(plane, AT_REQUEST);
    const peer = await client();
    // What follows is half a POST: were it dropped and the connection kept, its body would be the next request.
    peer.socket.write(get('/bug') + 'POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n');
    const response = await readResponse(peer);
    assert.equal(response.status, 500);
    assert.match(response.head, /\r\nFairlead-Error: internal\r\n/);
    await peer.send(get('/smuggled')).catch(() => {});
    assert.equal(await peer.closed, 'fin');
    assert.equal(servers[0].peers.length, 0);
    const other = await client();
    await other.send(get('/fine'));
    assert.equal((await readResponse(other)).body, '/fine');
  },
);

proxied(
  'a fault while a request before it is being answered is that of the pipelined one alone',
  { allowFaults: true },
  hello,
  async ({ client, plane, servers }) => {
    trap(plane, AT_REQUEST);
    const peer = await client();
    peer.socket.write(get('/first') + get('/bug') + get('/third'));
    assert.equal((await readResponse(peer)).body, '/first');
    assert.equal((await readResponse(peer)).status, 500);
    assert.equal(await peer.readAll(), '');
    await until(() => plane.plane.exchanges === 0, 'the exchanges end');
    // The endpoint did nothing wrong: its connection serves the next client.
    const other = await client();
    await other.send(get('/fine'));
    assert.equal((await readResponse(other)).body, '/fine');
    assert.equal(servers[0].peers.length, 1);
  },
);

proxied(
  'a fault in a request body is a 500 while nothing has been answered',
  { allowFaults: true },
  hello,
  async ({ client, plane, servers }) => {
    trap(plane, AT_REQUEST_BODY);
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345');
    assert.equal((await readResponse(peer)).status, 500);
    assert.equal(await peer.closed, 'fin');
    await until(() => servers[0].peers.every((other) => other.state !== 'open'), 'the endpoint sees it broken');
  },
);

proxied(
  'a fault at the head of an answer is a 500, and the next request a new one',
  { allowFaults: true },
  hello,
  async ({ client, plane }) => {
    trap(plane, { onResponse: bug });
    const peer = await client();
    await peer.send(get('/a'));
    assert.equal((await readResponse(peer)).status, 500);
    trap(plane, { onResponse() {} });
    const other = await client();
    await other.send(get('/b'));
    assert.equal((await readResponse(other)).body, '/b');
    assert.equal(failuresInARow(plane.table.failures, 0), 0);
  },
);

proxied(
  'a fault within an answer is a 500 while nothing of it has left, else the client sees it broken',
  { allowFaults: true },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n');
  },
  async ({ client, plane }) => {
    trap(plane, { transform: () => ({ write: bug, end: bug }) });
    const peer = await client();
    await peer.send(get('/', 'Connection: close\r\n'));
    const all = await peer.readAll().catch(() => '');
    assert.doesNotMatch(all, /0\r\n\r\n$/);
    if (all.includes('internal')) assert.match(all, /^HTTP\/1\.1 500 /);
    await until(() => plane.plane.exchanges === 0, 'the exchange ends');
  },
);

proxied(
  'a fault of a request that waited for a place costs neither the one before it nor the connection',
  { allowFaults: true, pool: { maxConnections: 1 } },
  hello,
  async ({ client, plane }) => {
    const first = await client();
    const second = await client();
    trap(plane, { onResponse: (view) => void (view.request.head.target === '/second' && bug()) });
    await Promise.all([first.send(get('/first')), second.send(get('/second'))]);
    assert.equal((await readResponse(first)).body, '/first');
    assert.equal((await readResponse(second)).status, 500);
    await first.send(get('/again'));
    assert.equal((await readResponse(first)).body, '/again');
  },
);
