/** Sticky clients whose endpoint is full: they wait for it, in turn, and hold up nobody else. On time of the test's own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EndpointInput, PoolInput } from '../../src/config/config-input.ts';
import { createTestBalancer } from '../../src/testing/testing.ts';
import type { PendingRequest, TestBalancer } from '../../src/testing/testing.ts';

const IDS = ['a:80', 'b:80'] as const;
type Id = (typeof IDS)[number];

const oneEach = (most = 1): EndpointInput[] => IDS.map((address) => ({ address, maxRequests: most }));

function configOf(rest: Partial<PoolInput> = {}): { pools: { web: PoolInput } } {
  const web: PoolInput = { policy: 'first', sticky: 'cookie', queue: { target: 'off' }, endpoints: oneEach(), ...rest };
  return { pools: { web } };
}

function poolOf(balancer: TestBalancer) {
  return balancer.stats().pools[0];
}

/** A cookie of each endpoint: of two clients that come at the same time. */
async function cookiesOf(balancer: TestBalancer): Promise<Readonly<Record<Id, string>>> {
  answerAfter(balancer, { 'a:80': 10, 'b:80': 10 });
  const sent = [balancer.send(), balancer.send()];
  await balancer.advance(20);
  const cookies = Object.fromEntries(sent.map((each) => [courseOf(each), cookieOf(each)]));
  assert.deepEqual(Object.keys(cookies).sort(), [...IDS]);
  return cookies as Record<Id, string>;
}

function answerOf({ outcome }: PendingRequest) {
  if (outcome === null || outcome === 'connection-lost') assert.fail(`no answer: ${outcome}`);
  return outcome;
}

const cookieOf = (sent: PendingRequest): string => answerOf(sent).headers['set-cookie'].split(';', 1)[0];

/** What has come of it so far: `waits`, where it was answered, or the reason of our own answer. */
function courseOf(sent: PendingRequest): string {
  if (sent.outcome === null) return 'waits';
  const { status, body, reason } = answerOf(sent);
  return status === 200 ? body : reason;
}

/** Both answer with their name after so long. */
function answerAfter(balancer: TestBalancer, ms: Readonly<Record<Id, number>>): void {
  for (const id of IDS) balancer.endpoint(id).respond({ body: id, afterMs: ms[id] });
}

function targetsOf(balancer: TestBalancer, id: Id): string[] {
  return balancer.endpoint(id).requests.map(({ target }) => target);
}

async function inTurn(balancer: TestBalancer, requests: readonly (readonly [target: string, cookie?: string])[]) {
  const sent: PendingRequest[] = [];
  for (const [target, cookie] of requests) {
    sent.push(balancer.send({ target, headers: cookie === undefined ? {} : { cookie } }));
    await balancer.advance(1);
  }
  return sent;
}

describe('a sticky client whose endpoint is full', () => {
  it('a sticky client whose endpoint is full waits for it, while others go where there is a place', async () => {
    await using balancer = await createTestBalancer(configOf());
    const { 'a:80': cookie } = await cookiesOf(balancer);
    answerAfter(balancer, { 'a:80': 100, 'b:80': 100 });
    const sent = await inTurn(balancer, [['/1', cookie], ['/2', cookie], ['/3', cookie], ['/other']]);
    await balancer.advance(110);
    assert.deepEqual(sent.map(courseOf), ['a:80', 'waits', 'waits', 'b:80']);
    await balancer.advance(200);
    assert.deepEqual(targetsOf(balancer, 'a:80').slice(1), ['/1', '/2', '/3']);
    assert.deepEqual(sent.map(courseOf), ['a:80', 'a:80', 'a:80', 'b:80']);
    const [{ stickyMoves, stickySpills }] = poolOf(balancer).endpoints;
    assert.deepEqual([stickyMoves, stickySpills, poolOf(balancer).queue.waited], [0, 0, 2]);
  });

  it('sticky clients that wait for their endpoint hold up nobody who waits for any place', async () => {
    await using balancer = await createTestBalancer(configOf());
    const { 'a:80': cookie } = await cookiesOf(balancer);
    answerAfter(balancer, { 'a:80': 1000, 'b:80': 100 });
    const bound = await inTurn(balancer, [
      ['/1', cookie],
      ['/2', cookie],
      ['/3', cookie],
    ]);
    const others = await inTurn(balancer, [['/x'], ['/y'], ['/z']]);
    await balancer.advance(310);
    assert.deepEqual(others.map(courseOf), ['b:80', 'b:80', 'b:80']);
    assert.deepEqual(bound.map(courseOf), ['waits', 'waits', 'waits']);
    for (const each of bound) each.leave();
  });

  it('a place goes to whoever has waited longest of the clients of its endpoint and of those that go anywhere', async () => {
    await using balancer = await createTestBalancer(configOf());
    const { 'a:80': cookie } = await cookiesOf(balancer);
    answerAfter(balancer, { 'a:80': 100, 'b:80': 10_000 });
    const sent = await inTurn(balancer, [
      ['/a'],
      ['/b'],
      ['/any-1'],
      ['/bound-1', cookie],
      ['/any-2'],
      ['/bound-2', cookie],
    ]);
    await balancer.advance(500);
    assert.deepEqual(targetsOf(balancer, 'a:80').slice(1), ['/a', '/any-1', '/bound-1', '/any-2', '/bound-2']);
    sent[1].leave();
  });

  it('a sticky client waits for its endpoint no longer than queue.timeout', async () => {
    await using balancer = await createTestBalancer(configOf({ queue: { timeout: '300ms', target: 'off' } }));
    const { 'a:80': cookie } = await cookiesOf(balancer);
    answerAfter(balancer, { 'a:80': 1000, 'b:80': 0 });
    const sent = await inTurn(balancer, [
      ['/1', cookie],
      ['/2', cookie],
    ]);
    await balancer.advance(280);
    assert.deepEqual(sent.map(courseOf), ['waits', 'waits']);
    await balancer.advance(800);
    assert.deepEqual(sent.map(courseOf), ['a:80', 'queue-timeout']);
    assert.equal(poolOf(balancer).queue.timedOut, 1);
  });

  it('where as many wait as queue.max allows a sticky client goes elsewhere this once, and so always without a queue', async () => {
    for (const [queue, expected] of [
      [{ max: 1, target: 'off' }, ['a:80', 'a:80', 'b:80', 'queue-full']],
      ['off', ['a:80', 'b:80', 'queue-full', 'queue-full']],
    ] as const) {
      await using balancer = await createTestBalancer(configOf({ queue }));
      const { 'a:80': cookie } = await cookiesOf(balancer);
      answerAfter(balancer, { 'a:80': 100, 'b:80': 100 });
      const sent = await inTurn(balancer, [
        ['/1', cookie],
        ['/2', cookie],
        ['/3', cookie],
        ['/4', cookie],
      ]);
      await balancer.advance(300);
      assert.deepEqual(sent.map(courseOf), expected);
      assert.ok(sent.every((each) => answerOf(each).headers['set-cookie'] === undefined));
      assert.equal(poolOf(balancer).endpoints[0].stickySpills, 1);
    }
  });

  it('with whenFull: spill a sticky client goes elsewhere while there is a place, and waits for any place else', async () => {
    await using balancer = await createTestBalancer(configOf({ sticky: { whenFull: 'spill' } }));
    const { 'a:80': cookie } = await cookiesOf(balancer);
    answerAfter(balancer, { 'a:80': 1000, 'b:80': 100 });
    const sent = await inTurn(balancer, [
      ['/1', cookie],
      ['/2', cookie],
      ['/3', cookie],
    ]);
    await balancer.advance(1500);
    assert.deepEqual(sent.map(courseOf), ['a:80', 'b:80', 'b:80']);
    assert.ok(sent.every((each) => answerOf(each).headers['set-cookie'] === undefined));
    assert.equal(poolOf(balancer).endpoints[0].stickySpills, 2);
  });

  it('where the pool as a whole is full a sticky client waits in turn with all others', async () => {
    await using balancer = await createTestBalancer(configOf({ maxRequests: 1, endpoints: [...IDS] }));
    // The pool takes one at a time, so that the first cookie is the only one.
    const cookie = (await balancer.request()).headers['set-cookie'].split(';', 1)[0];
    answerAfter(balancer, { 'a:80': 100, 'b:80': 100 });
    const sent = await inTurn(balancer, [['/1'], ['/2', cookie], ['/3'], ['/4', cookie]]);
    await balancer.advance(500);
    assert.deepEqual(targetsOf(balancer, 'a:80').slice(1), ['/1', '/2', '/3', '/4']);
    assert.deepEqual(new Set(sent.map(courseOf)), new Set(['a:80']));
  });
});

describe('what becomes of a sticky client that waits for its endpoint', () => {
  /** One request is under way at `a`, and another one waits for it. */
  async function waitingAtA(rest: Partial<PoolInput> = {}) {
    const balancer = await createTestBalancer(configOf(rest));
    const { 'a:80': cookie } = await cookiesOf(balancer);
    answerAfter(balancer, { 'a:80': 60_000, 'b:80': 10 });
    const [busy, waiting] = await inTurn(balancer, [
      ['/busy', cookie],
      ['/waiting', cookie],
    ]);
    assert.equal(poolOf(balancer).queue.waiting, 1);
    return { balancer, busy, waiting };
  }

  it('it goes elsewhere, and stays there, as soon as its endpoint is unhealthy', async () => {
    const check = { http: '/', interval: '200ms', timeout: '100ms', fall: 1 } as const;
    const made = await waitingAtA({ check });
    await using balancer = made.balancer;
    balancer.endpoint('a:80').check = 'fails';
    await balancer.advance(300);
    assert.equal(courseOf(made.waiting), 'b:80');
    assert.match(answerOf(made.waiting).headers['set-cookie'], /^fairlead=/);
    made.busy.leave();
  });

  it('it goes elsewhere as soon as its endpoint has left the config', async () => {
    const made = await waitingAtA();
    await using balancer = made.balancer;
    await balancer.reload(configOf({ endpoints: [{ address: 'b:80', maxRequests: 1 }] }));
    await balancer.advance(50);
    assert.equal(courseOf(made.waiting), 'b:80');
    made.busy.leave();
  });

  it('it goes elsewhere as soon as the config lets it', async () => {
    const made = await waitingAtA();
    await using balancer = made.balancer;
    await balancer.reload(configOf({ sticky: { whenFull: 'spill' } }));
    await balancer.advance(50);
    assert.equal(courseOf(made.waiting), 'b:80');
    assert.equal(answerOf(made.waiting).headers['set-cookie'], undefined);
    made.busy.leave();
  });

  it('it goes to its endpoint as soon as a reload raises the limit, or takes all limits away', async () => {
    for (const endpoints of [oneEach(2), [...IDS]]) {
      const made = await waitingAtA();
      await using balancer = made.balancer;
      balancer.endpoint('a:80').respond({ body: 'a:80' });
      await balancer.reload(configOf({ endpoints }));
      await balancer.advance(50);
      assert.equal(courseOf(made.waiting), 'a:80');
      made.busy.leave();
    }
  });

  it('it is served by its endpoint also where that takes nobody else any more', async () => {
    const made = await waitingAtA();
    await using balancer = made.balancer;
    await balancer.reload(configOf({ endpoints: [{ address: 'a:80', maxRequests: 1, weight: 0 }, oneEach()[1]] }));
    balancer.endpoint('a:80').respond({ body: 'a:80' });
    made.busy.leave();
    await balancer.advance(50);
    assert.equal(courseOf(made.waiting), 'a:80');
  });

  it('it is out of the queue as soon as it leaves', async () => {
    const made = await waitingAtA();
    await using balancer = made.balancer;
    made.waiting.leave();
    await balancer.advance(5);
    made.busy.leave();
    await balancer.advance(5);
    const { waiting, inFlight } = poolOf(balancer).queue;
    assert.deepEqual([waiting, inFlight, targetsOf(balancer, 'a:80').includes('/waiting')], [0, 0, false]);
  });
});

describe('a queue of sticky clients that stands', () => {
  it('a queue of sticky clients that stands sheds those of its endpoint, and nobody who goes anywhere', async () => {
    await using balancer = await createTestBalancer(configOf({ queue: { target: '50ms', timeout: '5s' } }));
    const { 'a:80': cookie } = await cookiesOf(balancer);
    answerAfter(balancer, { 'a:80': 40, 'b:80': 10 });
    const bound: PendingRequest[] = [];
    const others: PendingRequest[] = [];
    for (let step = 0; step < 60; step++) {
      bound.push(balancer.send({ headers: { cookie } }), balancer.send({ headers: { cookie } }));
      others.push(balancer.send());
      await balancer.advance(20);
    }
    await balancer.advance(2000);
    const courses = bound.map(courseOf);
    assert.deepEqual(new Set(courses), new Set(['a:80', 'queue-shed']));
    assert.ok(courses.filter((course) => course === 'a:80').length >= 25, courses.join(' '));
    assert.ok(others.every((each) => courseOf(each) !== 'queue-shed'));
  });
});

describe('a request of Socket.IO whose server is full', () => {
  it('a request of Socket.IO without a cookie waits for the server of its address, from the handshake on', async () => {
    await using balancer = await createTestBalancer(configOf({ sticky: 'socket.io', policy: 'round-robin' }));
    const handshake = '/socket.io/?EIO=4&transport=polling';
    answerAfter(balancer, { 'a:80': 0, 'b:80': 0 });
    const { body: home } = await balancer.request({ target: handshake, from: '192.0.2.7' });
    answerAfter(balancer, { 'a:80': 100, 'b:80': 100 });
    const targets = [`${handshake}&sid=1`, `${handshake}&sid=1`, handshake];
    const sent = targets.map((target) => balancer.send({ target, from: '192.0.2.7' }));
    await balancer.advance(50);
    assert.equal(poolOf(balancer).queue.waiting, 2);
    await balancer.advance(300);
    assert.deepEqual(sent.map(courseOf), [home, home, home]);
  });
});
