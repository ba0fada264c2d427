/** Listeners that take connections with a PROXY header and without: `mode: detect`, at the socket. */
import assert from 'node:assert/strict';
import { FakeTime } from '../support/fake-time.ts';
import { answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import {
  LATE_MS,
  LINE,
  BLOCK,
  askHead,
  assertRefused,
  proxyListener,
  refusalsOf,
  valueOf,
} from '../support/proxied-clients.ts';
import { until } from '../support/until.ts';

const mirror = answering((head) => ok(head));
const time = new FakeTime();

proxied(
  'with mode: detect a connection comes with a PROXY header or without',
  { listener: proxyListener('detect') },
  mirror,
  async ({ client, plane }) => {
    for (const [bytes, address] of [
      [LINE + get(), '192.0.2.10'],
      [BLOCK + get(), '2001:db8::a'],
      [get(), '127.0.0.1'],
      // It begins as a header of version 1 does, and as one of version 2 does.
      ['PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n', '127.0.0.1'],
      [`\r\n${get()}`, '127.0.0.1'],
    ]) {
      assert.equal(valueOf(await askHead(await client(), bytes), 'X-Forwarded-For'), address, bytes);
    }
    assert.deepEqual(refusalsOf(plane), []);
  },
);

proxied(
  'with mode: detect a malformed PROXY header is still reset',
  { listener: proxyListener('detect') },
  mirror,
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send('PROXY TCP4 192.0.2.10 198.51.100.1 40000 99999\r\n');
    assert.equal(await peer.closed, 'rst');
    await assertRefused(plane, 'a malformed port');
  },
);

proxied(
  'with mode: detect nobody else can say whose connection it is',
  { listener: proxyListener('detect', '192.0.2.0/24') },
  mirror,
  async ({ client, plane }) => {
    assert.equal(valueOf(await askHead(await client(), get()), 'X-Forwarded-For'), '127.0.0.1');
    const peer = await client();
    await peer.send(LINE + get());
    assert.equal((await readResponse(peer)).status, 400);
    assert.deepEqual(refusalsOf(plane), []);
  },
);

proxied(
  'with mode: detect a client that says nothing, or too little to tell, is one without a PROXY header',
  { listener: proxyListener('detect'), time, timeouts: { requestHeadMs: 80 } },
  mirror,
  async ({ client, plane }) => {
    const silent = await client();
    const short = await client();
    short.socket.write('P');
    await until(() => plane.plane.connections === 2 && plane.memory.keptBytes > 0, 'a part of it is there');
    time.advance(80 + LATE_MS);
    assert.equal(valueOf(await askHead(silent, get()), 'X-Forwarded-For'), '127.0.0.1');
    assert.match(await askHead(short, get().replace('GET', 'OST')), /^POST \/ HTTP/);
    assert.deepEqual(refusalsOf(plane), []);
  },
);

proxied(
  'with mode: detect a client that ends its side after too little to tell is answered as one without a PROXY header',
  { listener: proxyListener('detect') },
  mirror,
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send('PRO');
    peer.end();
    assert.equal((await readResponse(peer)).status, 400);
    assert.deepEqual(refusalsOf(plane), []);
  },
);
