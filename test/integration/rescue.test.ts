/** Requests move off an endpoint that is lost, as far as that can be done without sending anything twice that must not be. */
import assert from 'node:assert/strict';
import { evidenceNumber } from '../../src/core/health/evidence.ts';
import type { RescueKind } from '../../src/core/health/evidence.ts';
import { COUNTER_BUDGET_SPENT, COUNTER_RESCUES, COUNTER_RETRIES } from '../../src/core/shared/pool-table.ts';
import { ROUTE_RESCUES } from '../../src/core/shared/route-table.ts';
import { EJECTION } from '../support/data-plane.ts';
import type { TestPlane } from '../support/data-plane.ts';
import { END_OF_HEAD, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { Script } from '../support/proxied.ts';
import type { RawPeer } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';

const NO_EJECTION = { ...EJECTION, enabled: false };

interface Arrival {
  readonly peer: RawPeer;
  readonly endpoint: number;
  readonly method: string;
  readonly body: string;
}

/** Endpoints that answer nothing by themselves; the test does. */
function holding(): { script: Script; arrivals: Arrival[] } {
  const arrivals: Arrival[] = [];
  return {
    arrivals,
    async script(peer, endpoint) {
      for (;;) {
        const head = await peer.readUntil(END_OF_HEAD).catch(() => '');
        if (head === '') return;
        const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
        const body = length > 0 ? await peer.readBytes(length) : '';
        arrivals.push({ peer, endpoint, method: head.split(' ')[0], body });
      }
    },
  };
}

/** What the control plane says of an endpoint. */
function lose({ table, plane }: TestPlane, slot: number, kind: RescueKind): void {
  table.rescue[slot] = evidenceNumber(kind);
  plane.rescue({ pool: 'web', slot, generation: 0, kind });
}

const PUT = 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nthe body';

function rescued(
  name: string,
  options: Parameters<typeof proxied>[1],
  body: (parts: {
    plane: TestPlane;
    client(): Promise<RawPeer>;
    /** The n-th request at any endpoint, from 0 on. */
    arrival(index: number): Promise<Arrival>;
    arrivals: readonly Arrival[];
  }) => Promise<void>,
): void {
  const { script, arrivals } = holding();
  proxied(name, { endpoints: 2, ...options }, script, async ({ plane, client }) => {
    arrivals.length = 0;
    const arrival = async (index: number): Promise<Arrival> => {
      await until(() => arrivals.length > index, `request ${index + 1} at an endpoint`);
      return arrivals[index];
    };
    await body({ plane, client, arrival, arrivals });
  });
}

for (const kind of ['silent', 'timeout'] as const) {
  rescued(
    `off an endpoint that is lost by ${kind} a request is sent to another as well, and the first head wins`,
    { pool: { ejection: NO_EJECTION } },
    async ({ plane, client, arrival }) => {
      for (const winner of ['new', 'old']) {
        const base = winner === 'new' ? 0 : 2;
        plane.table.rescue.fill(0);
        const peer = await client();
        await peer.send(PUT);
        const old = await arrival(base);
        lose(plane, old.endpoint, kind);
        const next = await arrival(base + 1);
        assert.notEqual(next.endpoint, old.endpoint);
        assert.equal(`${next.method} ${next.body}`, 'PUT the body');
        const [first, last] = winner === 'new' ? [next, old] : [old, next];
        await first.peer.send(ok(winner));
        assert.equal((await readResponse(peer)).body, winner);
        await last.peer.closed;
      }
      assert.equal(plane.routes.total(1, ROUTE_RESCUES), 2);
      assert.equal(plane.table.total(0, COUNTER_RESCUES) + plane.table.total(1, COUNTER_RESCUES), 2);
      assert.equal(plane.table.total(0, COUNTER_RETRIES) + plane.table.total(1, COUNTER_RETRIES), 0);
    },
  );
}

for (const kind of ['connect', 'reset'] as const) {
  rescued(
    `off an endpoint that is lost by ${kind} a request moves, and is closed there`,
    { pool: { ejection: NO_EJECTION } },
    async ({ plane, client, arrival }) => {
      const peer = await client();
      await peer.send(get());
      const old = await arrival(0);
      lose(plane, old.endpoint, kind);
      await old.peer.closed;
      const next = await arrival(1);
      await next.peer.send(ok('moved'));
      assert.equal((await readResponse(peer)).body, 'moved');
    },
  );
}

rescued(
  'a POST that was sent stays where it is, and so does all with rescue off, without another endpoint, and with the budget spent',
  {
    pool: { ejection: NO_EJECTION, retryBudget: { share: 0, perSecond: 0 } },
    routes: [{ match: { path: { kind: 'exact', path: '/off' } }, retry: { rescue: false } }, {}],
  },
  async ({ plane, client, arrival, arrivals }) => {
    const requests = [PUT.replace('PUT', 'POST'), get('/off'), get('/spent')];
    for (const [index, request] of requests.entries()) {
      plane.table.rescue.fill(0);
      const peer = await client();
      await peer.send(request);
      const old = await arrival(index);
      lose(plane, old.endpoint, 'silent');
      await old.peer.send(ok('stayed'));
      assert.equal((await readResponse(peer)).body, 'stayed');
      assert.equal(arrivals.length, index + 1);
    }
    assert.equal(plane.table.total(0, COUNTER_BUDGET_SPENT) + plane.table.total(1, COUNTER_BUDGET_SPENT), 1);
    assert.equal(plane.routes.total(2, ROUTE_RESCUES), 0);
  },
);

rescued(
  'a request is rescued once; where the second attempt fails another takes its place',
  { endpoints: 4, pool: { ejection: NO_EJECTION } },
  async ({ plane, client, arrival, arrivals }) => {
    const peer = await client();
    await peer.send(get());
    const old = await arrival(0);
    lose(plane, old.endpoint, 'silent');
    const second = await arrival(1);
    second.peer.reset();
    const third = await arrival(2);
    assert.equal(new Set([old, second, third].map(({ endpoint }) => endpoint)).size, 3);
    lose(plane, third.endpoint, 'silent');
    await third.peer.send(ok('third'));
    assert.equal((await readResponse(peer)).body, 'third');
    assert.equal(arrivals.length, 3);
    assert.equal(plane.routes.total(1, ROUTE_RESCUES), 1);
  },
);

rescued(
  'where the first of two attempts fails the exchange goes on with the second',
  { pool: { ejection: NO_EJECTION } },
  async ({ plane, client, arrival }) => {
    const peer = await client();
    await peer.send(get());
    const old = await arrival(0);
    lose(plane, old.endpoint, 'silent');
    const next = await arrival(1);
    old.peer.reset();
    await until(() => plane.table.inFlight(old.endpoint) === 0, 'the first attempt is over');
    await next.peer.send(ok('second'));
    assert.equal((await readResponse(peer)).body, 'second');
  },
);

rescued(
  'a client that leaves during a race ends both attempts',
  { pool: { ejection: NO_EJECTION } },
  async ({ plane, client, arrival }) => {
    const peer = await client();
    await peer.send(get());
    const old = await arrival(0);
    lose(plane, old.endpoint, 'timeout');
    const next = await arrival(1);
    peer.reset();
    await Promise.all([old.peer.closed, next.peer.closed]);
  },
);

rescued(
  'an answer with a status of retryOn does not win while the other attempt may give a better one',
  { pool: { ejection: NO_EJECTION }, retry: { statuses: [503] } },
  async ({ plane, client, arrival }) => {
    for (const first of [0, 1]) {
      plane.table.rescue.fill(0);
      const peer = await client();
      await peer.send(get());
      const old = await arrival(first * 2);
      lose(plane, old.endpoint, 'silent');
      const both = [old, await arrival(first * 2 + 1)];
      await both[first].peer.send('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n');
      await both[first].peer.closed;
      await both[1 - first].peer.send(ok('better'));
      assert.equal((await readResponse(peer)).body, 'better');
    }
  },
);
