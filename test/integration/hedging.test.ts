/** A second attempt beside one that takes long: who gets one, and whose answer goes on. */
import assert from 'node:assert/strict';
import { COUNTER_BUDGET_SPENT, COUNTER_FAILURES, COUNTER_HEDGES } from '../../src/core/shared/pool-table.ts';
import { ROUTE_HEDGES } from '../../src/core/shared/route-table.ts';
import { EJECTION } from '../support/data-plane.ts';
import { END_OF_HEAD, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { Script } from '../support/proxied.ts';
import { until } from '../support/until.ts';

const NO_EJECTION = { ...EJECTION, enabled: false };
const HEDGED = { hedge: { delayMs: 30, percentile: 0 } };

/** Endpoint 0 answers only what asks for `/fast`, the others all. */
const firstHangs: Script = async (peer, endpoint) => {
  for (;;) {
    const head = await peer.readUntil(END_OF_HEAD).catch(() => '');
    if (head === '') return;
    const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    const body = length > 0 ? await peer.readBytes(length) : '';
    if (endpoint > 0 || head.includes(' /fast')) await peer.send(ok(`${head.split(' ')[0]} ${body} ${endpoint}`));
  }
};

proxied(
  'a request without an answer after the delay is sent to another endpoint as well, with its body',
  { endpoints: 2, pool: { ejection: NO_EJECTION }, routes: [HEDGED] },
  firstHangs,
  async ({ client, plane, servers }) => {
    const requests = [get(), get(), 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody'];
    for (const request of [...requests, ...requests]) {
      const peer = await client();
      await peer.send(request);
      assert.match((await readResponse(peer)).body, /^(?:GET {2}|PUT body )1$/);
    }
    const hedges = plane.table.total(0, COUNTER_HEDGES);
    assert.ok(hedges >= 3 && hedges <= 6, `${hedges} hedges`);
    assert.equal(plane.routes.total(1, ROUTE_HEDGES), hedges);
    // The attempts that lost are closed.
    for (const peer of servers[0].peers) await peer.closed;
    await until(() => plane.table.inFlight(0) === 0, 'nothing is left of them');
  },
);

proxied(
  'what is answered before the delay is not hedged, nor a POST, nor with the budget spent or without another endpoint',
  {
    endpoints: 2,
    timeouts: { responseHeadMs: 300 },
    pool: { ejection: NO_EJECTION, retryBudget: { share: 0, perSecond: 0 } },
    routes: [HEDGED],
  },
  firstHangs,
  async ({ client, plane }) => {
    const statuses: number[] = [];
    const requests = ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n', get('/fast'), get()];
    for (const request of [...requests, ...requests]) {
      const peer = await client();
      await peer.send(request);
      statuses.push((await readResponse(peer)).status);
    }
    assert.ok(statuses.includes(504), 'endpoint 0 has had one of them');
    assert.equal(plane.table.total(0, COUNTER_HEDGES), 0);
    assert.equal(plane.routes.total(1, ROUTE_HEDGES), 0);
    assert.ok(plane.table.total(0, COUNTER_BUDGET_SPENT) <= 2);
  },
);

proxied(
  'an attempt that fails before its delay leaves no second one behind',
  { endpoints: 2, pool: { ejection: NO_EJECTION }, routes: [{ hedge: { delayMs: 60, percentile: 0 } }] },
  async (peer, endpoint) => {
    for (;;) {
      if ((await peer.readUntil(END_OF_HEAD).catch(() => '')) === '') return;
      if (endpoint === 0) {
        peer.reset();
        return;
      }
      await peer.send(ok('second'));
    }
  },
  async ({ client, plane }) => {
    for (let index = 0; index < 2; index++) {
      const peer = await client();
      await peer.send(get());
      assert.equal((await readResponse(peer)).body, 'second');
    }
    assert.equal(plane.routes.total(1, ROUTE_HEDGES), 0);
  },
);

proxied(
  'a second attempt that gets no place at an endpoint whose connections are all in use counts against nobody',
  {
    endpoints: 2,
    timeouts: { connectMs: 80, responseHeadMs: 600 },
    pool: { maxConnections: 1, ejection: NO_EJECTION },
    routes: [HEDGED],
  },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD).catch(() => '');
  },
  async ({ client, plane, servers }) => {
    const peers = [await client(), await client()];
    for (const peer of peers) await peer.send(get());
    await until(() => servers.every(({ peers: { length } }) => length === 1), 'both endpoints have a request');
    await until(() => plane.routes.total(1, ROUTE_HEDGES) === 2, 'each waits for the other one');
    await until(() => plane.table.inFlight(0) + plane.table.inFlight(1) === 2, 'neither waits any longer');
    for (const slot of [0, 1]) assert.equal(plane.table.total(slot, COUNTER_FAILURES), 0);
    for (const peer of peers) assert.equal((await readResponse(peer)).status, 504);
  },
);
