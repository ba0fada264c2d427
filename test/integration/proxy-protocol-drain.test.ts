/** Connections that have yet to bring their PROXY header when they are asked to go. */
import assert from 'node:assert/strict';
import { testSnapshot } from '../support/data-plane.ts';
import { FakeTime } from '../support/fake-time.ts';
import { answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import { LATE_MS, LINE, askHead, proxyListener, refusalsOf, valueOf } from '../support/proxied-clients.ts';
import { until } from '../support/until.ts';

const mirror = answering((head) => ok(head));
const time = new FakeTime();

proxied(
  'a connection that has yet to bring its PROXY header has a second when draining begins, and may still be served',
  { listener: proxyListener('require'), time },
  mirror,
  async ({ client, plane }) => {
    const late = await client();
    const silent = await client();
    await until(() => plane.plane.connections === 2, 'both are open');
    plane.plane.beginDrain();
    const head = await askHead(late, LINE + get());
    assert.equal(valueOf(head, 'X-Forwarded-For'), '192.0.2.10');
    time.advance(1000 + LATE_MS);
    assert.equal(await silent.closed, 'fin');
    await until(() => plane.plane.connections === 0, 'nobody is left');
    assert.deepEqual(refusalsOf(plane), []);
  },
);

/** Only what says which listener it is. */
const LISTENER = testSnapshot({ ports: [1] }).listeners[0];

proxied(
  'a connection that has yet to bring its PROXY header has a second when its listener leaves the config, and ends after its answer',
  { listener: proxyListener('require'), time },
  mirror,
  async ({ client, plane }) => {
    const late = await client();
    const silent = await client();
    await until(() => plane.plane.connections === 2, 'both are open');
    plane.plane.drainListener(LISTENER);
    await late.send(LINE + get());
    const { head, body } = await readResponse(late);
    assert.equal(valueOf(body, 'X-Forwarded-For'), '192.0.2.10');
    assert.match(head, /\r\nConnection: close\r\n/);
    assert.equal(await late.readAll(), '');
    late.end();
    time.advance(1000 + LATE_MS);
    assert.equal(await silent.closed, 'fin');
    await until(() => plane.plane.connections === 0, 'nobody is left');
  },
);

proxied(
  'what has begun behind a PROXY header while its listener left the config is cut when the drain time is over',
  { listener: proxyListener('require'), time, timeouts: { drainMs: 2000 } },
  async (peer) => void (await peer.closed),
  async ({ client, plane, servers }) => {
    const peer = await client();
    await until(() => plane.plane.connections === 1, 'it is open');
    plane.plane.drainListener(LISTENER);
    await peer.send(LINE + get());
    await until(() => (servers[0].peers[0]?.receivedBytes ?? 0) > 0, 'it is under way');
    time.advance(1000 + LATE_MS);
    assert.equal(peer.state, 'open');
    time.advance(1000 + LATE_MS);
    assert.equal(await peer.closed, 'rst');
    await until(() => plane.plane.connections === 0, 'nobody is left');
  },
);
