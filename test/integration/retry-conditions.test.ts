/** What is retried beside resets: refused connects, which count for nothing, statuses and timeouts by choice; and by route. */
import assert from 'node:assert/strict';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { COUNTER_CONNECTS, COUNTER_MOVES, COUNTER_RETRIES } from '../../src/core/shared/pool-table.ts';
import type { PoolTable } from '../../src/core/shared/pool-table.ts';
import { ROUTE_MOVES, ROUTE_RETRIES } from '../../src/core/shared/route-table.ts';
import { EJECTION } from '../support/data-plane.ts';
import { FakeTime } from '../support/fake-time.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { Script } from '../support/proxied.ts';
import type { RawPeer } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';

const NO_EJECTION = { ...EJECTION, enabled: false };
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody';
const BUSY = 'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy';

function sumOf(table: PoolTable, counter: number): number {
  return Array.from({ length: table.handle.capacity }, (_, slot) => table.total(slot, counter)).reduce((a, b) => a + b);
}

proxied(
  'refused connects are moved on from at once, any method, and are no attempts',
  { endpoints: 1, deadPorts: 5, retry: { attempts: 1 } },
  answering(() => ok('served')),
  async ({ client, plane }) => {
    for (const request of [get(), POST]) {
      const peer = await client();
      await peer.send(request);
      assert.equal((await readResponse(peer)).body, 'served');
    }
    const moves = sumOf(plane.table, COUNTER_MOVES);
    assert.ok(moves > 0 && moves <= 10, `${moves} moves`);
    assert.equal(sumOf(plane.table, COUNTER_RETRIES), 0);
    assert.equal(plane.routes.total(1, ROUTE_MOVES), moves);
    assert.equal(plane.routes.total(1, ROUTE_RETRIES), 0);
  },
);

proxied(
  'an endpoint that refused is not tried again: a pool of one answers 502 after one connect',
  { endpoints: 0, deadPorts: 1 },
  () => {},
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send(get());
    assert.match((await readResponse(peer)).head, / 502 [^]*Fairlead-Error: connect-failed/);
    assert.equal(sumOf(plane.table, COUNTER_CONNECTS), 1);
    assert.equal(sumOf(plane.table, COUNTER_MOVES), 0);
  },
);

proxied(
  'at most 16 refused connects are moved on from in one exchange',
  { endpoints: 0, deadPorts: 20 },
  () => {},
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send(get());
    assert.equal((await readResponse(peer)).status, 502);
    assert.equal(sumOf(plane.table, COUNTER_CONNECTS), 17);
    assert.equal(sumOf(plane.table, COUNTER_MOVES), 16);
  },
);

/** Resets its first request, serves the others. */
function resettingFirst(): Script {
  let hasReset = false;
  return async (peer) => {
    for (;;) {
      if ((await peer.readUntil(END_OF_HEAD).catch(() => '')) === '') return;
      if (!hasReset) {
        hasReset = true;
        peer.reset();
        return;
      }
      await peer.send(ok('served'));
    }
  };
}

const resetting = resettingFirst();
proxied(
  'with every endpoint tried, the one that did not refuse is tried again',
  { endpoints: 1, deadPorts: 1, pool: { ejection: NO_EJECTION } },
  resetting,
  async ({ client }) => {
    const peer = await client();
    await peer.send(get());
    assert.equal((await readResponse(peer)).body, 'served');
  },
);

/** Endpoint 0 is busy, the others echo the method. */
const firstIsBusy: Script = async (peer, endpoint) => {
  for (;;) {
    const head = await peer.readUntil(END_OF_HEAD).catch(() => '');
    if (head === '') return;
    const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (length > 0) await peer.readBytes(length);
    await peer.send(endpoint === 0 ? BUSY : ok(head.split(' ')[0]));
  }
};

proxied(
  'a status of retryOn goes to another endpoint, where the request may be sent twice',
  { endpoints: 2, retry: { statuses: [503] } },
  firstIsBusy,
  async ({ client, plane }) => {
    const bodies: string[] = [];
    for (const request of [get(), get(), POST.replace('POST', 'PUT'), POST.replace('POST', 'PUT')]) {
      const peer = await client();
      await peer.send(request);
      bodies.push((await readResponse(peer)).body);
    }
    assert.deepEqual(bodies, ['GET', 'GET', 'PUT', 'PUT']);
    const posts = [];
    for (let index = 0; index < 2; index++) {
      const peer = await client();
      await peer.send(POST);
      posts.push((await readResponse(peer)).body);
    }
    assert.deepEqual(posts.sort(), ['POST', 'busy']);
    assert.equal(plane.table.total(0, COUNTER_RETRIES), plane.routes.total(1, ROUTE_RETRIES));
    assert.ok(plane.table.total(0, COUNTER_RETRIES) >= 1);
  },
);

/** Asks for the body, and reads it; endpoint 0 is busy then. */
const askingFirst: Script = async (peer, endpoint) => {
  while ((await peer.readUntil(END_OF_HEAD).catch(() => '')) !== '') {
    await peer.send('HTTP/1.1 100 Continue\r\n\r\n');
    await peer.readBytes(4);
    await peer.send(endpoint === 0 ? BUSY : ok('served'));
  }
};

proxied(
  'a client that waits for a 100 gets one, however many endpoints ask for its body',
  { endpoints: 2, retry: { statuses: [503] }, pool: { policy: 'round-robin' } },
  askingFirst,
  async ({ client }) => {
    for (let index = 0; index < 2; index++) {
      const peer = await client();
      await peer.send('PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
      assert.match(await peer.readUntil(END_OF_HEAD), /^HTTP\/1\.1 100 /);
      await peer.send('body');
      const { status, body } = await readResponse(peer);
      assert.deepEqual([status, body], [200, 'served']);
    }
  },
);

proxied(
  'with attempts used up the last answer is passed on as it came, and without the status in retryOn the first',
  {
    endpoints: 1,
    retry: { statuses: [503], backoffMs: 1 },
    routes: [{ match: { path: { kind: 'exact', path: '/once' } }, retry: { statuses: [] } }, {}],
  },
  answering((_head, index) => `HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nX-Connection-Use: ${index}\r\n\r\n`),
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send(get());
    const answer = await readResponse(peer);
    assert.equal(answer.status, 503);
    assert.doesNotMatch(answer.head, /Fairlead-Error/);
    assert.equal(plane.table.total(0, COUNTER_RETRIES), 2);
    assert.equal(failuresInARow(plane.table.failures, 0), 3);
    await peer.send(get('/once'));
    assert.equal((await readResponse(peer)).status, 503);
    assert.equal(plane.table.total(0, COUNTER_RETRIES), 2);
  },
);

/** Stands still until it is moved. */
const time = new FakeTime();
/** Long: only when nobody answers does as much time pass. */
const PER_TRY_MS = 60_000;

/** Endpoint 0 never answers, and the time of that attempt passes; the others echo the method. */
const firstIsSilent: Script = async (peer, endpoint) => {
  for (;;) {
    const head = await peer.readUntil(END_OF_HEAD).catch(() => '');
    if (head === '') return;
    if (endpoint > 0) await peer.send(ok(head.split(' ')[0]));
    else time.advance(PER_TRY_MS + 100);
  }
};

/** An answer, behind the pauses between attempts. */
async function answerTo(peer: RawPeer, request: string): Promise<{ status: number; body: string }> {
  await peer.send(request);
  let answer: { status: number; body: string } | null = null;
  void readResponse(peer).then((read) => (answer = read));
  await until(() => {
    time.advance(1);
    return answer !== null;
  }, 'an answer');
  return answer as unknown as { status: number; body: string };
}

proxied(
  'perTry goes to another endpoint with timeout in retryOn, and without it is a 504',
  {
    endpoints: 2,
    time,
    timeouts: { perTryMs: PER_TRY_MS, responseHeadMs: 10 * PER_TRY_MS },
    pool: { ejection: NO_EJECTION },
    retry: { onTimeout: true },
    routes: [{ match: { path: { kind: 'exact', path: '/once' } }, retry: { onTimeout: false } }, {}],
  },
  firstIsSilent,
  async ({ client }) => {
    for (let index = 0; index < 2; index++) {
      const peer = await client();
      assert.equal((await answerTo(peer, get())).body, 'GET');
    }
    const statuses = [];
    for (let index = 0; index < 2; index++) {
      const peer = await client();
      statuses.push((await answerTo(peer, get('/once'))).status);
    }
    assert.deepEqual(statuses.sort(), [200, 504]);
  },
);

proxied(
  'responseHead is for all attempts together: when it has run out nothing is retried',
  { endpoints: 2, timeouts: { responseHeadMs: 60 }, pool: { ejection: NO_EJECTION }, retry: { onTimeout: true } },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
  },
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send(get());
    assert.equal((await readResponse(peer)).status, 504);
    assert.equal(sumOf(plane.table, COUNTER_RETRIES), 0);
  },
);
