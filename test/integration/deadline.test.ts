/** The time that a client gives: what is left of it goes on, and when it is over the attempt is given up. */
import assert from 'node:assert/strict';
import { ROUTE_DEADLINES } from '../../src/core/shared/route-table.ts';
import { EJECTION } from '../support/data-plane.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import { until } from '../support/until.ts';

const NAMED = { deadlineHeader: 'x-request-timeout' };
const NO_EJECTION = { ...EJECTION, enabled: false };

/** Every request's line of that name, as the endpoint gets it. */
function echo(head: string): string {
  return ok(
    head
      .split('\r\n')
      .filter((line) => /timeout/i.test(line))
      .join(' '),
  );
}

proxied(
  'the endpoint gets what is left of the time, in the form in which it came',
  { routes: [NAMED] },
  answering(echo),
  async ({ client }) => {
    const peer = await client();
    for (const [line, expected] of [
      ['X-Request-Timeout: 20\r\n', /^x-request-timeout: (?:20|19\.\d+)$/],
      // Once more, from what the connection remembers of it.
      ['X-Request-Timeout: 20\r\n', /^x-request-timeout: (?:20|19\.\d+)$/],
      ['x-request-timeout: 20000ms\r\n', /^x-request-timeout: (?:20000|19\d+)ms$/],
      ['Grpc-Timeout: 20S\r\n', /^grpc-timeout: (?:20000|19\d+)m$/],
      ['X-Request-Timeout: soon\r\n', /^X-Request-Timeout: soon$/],
      ['X-Other-Timeout: 20\r\n', /^X-Other-Timeout: 20$/],
    ] as const) {
      await peer.send(get('/', line));
      assert.match((await readResponse(peer)).body, expected);
    }
  },
);

proxied(
  'when the time is over the client gets 504 deadline, the attempt is closed, and nobody is blamed',
  { routes: [NAMED], retry: { onTimeout: true } },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
  },
  async ({ client, plane, servers }) => {
    for (const line of ['X-Request-Timeout: 0.06\r\n', 'grpc-timeout: 60m\r\n']) {
      const peer = await client();
      await peer.send(get('/', line));
      const { head, status } = await readResponse(peer);
      assert.equal(status, 504);
      assert.match(head, /\r\nFairlead-Error: deadline\r\n/);
    }
    for (const peer of servers[0].peers) await peer.closed;
    assert.equal(plane.routes.total(1, ROUTE_DEADLINES), 2);
    assert.equal(plane.table.failures[0], 0);
    assert.deepEqual(plane.reports, []);
  },
);

proxied(
  'an answer that is under way when the time is over is cut; a shorter total counts instead',
  { routes: [NAMED], timeouts: { totalMs: 5000 } },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun');
  },
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send(get('/', 'X-Request-Timeout: 2\r\n'));
    await peer.readUntil('begun');
    await peer.closed;
    await until(() => plane.routes.total(1, ROUTE_DEADLINES) === 1, 'it is counted');
  },
);

/** What endpoints were told, in order. */
const left: number[] = [];
proxied(
  'a further attempt gets less time than the one before it',
  { endpoints: 2, pool: { ejection: NO_EJECTION }, routes: [{ ...NAMED, retry: { statuses: [503] } }] },
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    left.push(Number(/timeout: (\d+)ms/.exec(head)?.[1]));
    if (left.length > 1) {
      await peer.send(ok('second'));
      return;
    }
    const from = performance.now();
    await until(() => performance.now() - from > 30, 'the first endpoint has taken some of the time');
    await peer.send('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n');
  },
  async ({ client }) => {
    left.length = 0;
    const peer = await client();
    await peer.send(get('/', 'X-Request-Timeout: 20000ms\r\n'));
    assert.equal((await readResponse(peer)).body, 'second');
    assert.ok(left[1] <= left[0] - 29, left.join(' then '));
  },
);
