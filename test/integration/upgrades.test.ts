/** Upgrades and the tunnels they open: whole both ways, in both orders of ending, harmless where they fail. */
import assert from 'node:assert/strict';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { RawPeer } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

/** An endpoint that switches and then does as it is told. */
const switching = (then: (peer: RawPeer) => Promise<void>) => async (peer: RawPeer) => {
  await peer.readUntil(END_OF_HEAD);
  await peer.send(SWITCHING);
  await then(peer);
};

async function open(peer: RawPeer, early = ''): Promise<void> {
  await peer.send(get('/ws', UPGRADE) + early);
  assert.match(await peer.readUntil(END_OF_HEAD), /^HTTP\/1\.1 101 Switching Protocols\r\n/);
}

proxied(
  'bytes right behind an upgrade request reach the endpoint after its 101, in order',
  {},
  switching(async (peer) => {
    await peer.send(await peer.readBytes(12));
    peer.end();
  }),
  async ({ client }) => {
    const peer = await client();
    await open(peer, 'first ');
    await peer.send('second');
    peer.end();
    assert.equal(await peer.readAll(), 'first second');
  },
);

proxied(
  'much behind an upgrade request is held by back-pressure while the endpoint takes nothing',
  {},
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    peer.stopReading();
    await peer.send(SWITCHING);
    await peer.closed;
  },
  async ({ client, net }) => {
    if (net.segmentation !== 'whole') return;
    const peer = await client();
    let written = 0;
    const piece = Buffer.alloc(256 * 1024);
    peer.socket.write(get('/ws', UPGRADE));
    for (let index = 0; index < 256; index++) peer.socket.write(piece, () => (written += piece.length));
    await peer.readUntil(END_OF_HEAD);
    let last = -1;
    await until(() => {
      const isStill = written === last;
      last = written;
      return isStill && written > 0;
    }, 'the client stops');
    assert.ok(written < 40 * 1024 * 1024, `${written} bytes were taken`);
    peer.reset();
  },
);

for (const first of ['client', 'endpoint'] as const) {
  const total = 8 * 1024 * 1024;
  proxied(
    `what is on its way when both sides of a tunnel have ended still arrives, the ${first}'s FIN first`,
    {},
    switching(async (peer) => {
      if (first === 'client') {
        assert.equal(await peer.readAll(), 'bye');
        peer.socket.end(Buffer.alloc(total, 'e'));
        return;
      }
      peer.stopReading();
      peer.end();
      await until(() => peer.socket.writableFinished, 'the FIN leaves');
      // The client pours and ends; only then this side begins to take.
      setTimeout(() => peer.startReading(), 100);
      assert.equal((await peer.readAll()).length, total);
    }),
    async ({ client, net, plane }) => {
      if (net.segmentation !== 'whole') return;
      const peer = await client();
      await open(peer);
      if (first === 'client') {
        peer.stopReading();
        await peer.send('bye');
        peer.end();
        setTimeout(() => peer.startReading(), 100);
        assert.equal((await peer.readAll()).length, total);
      } else {
        assert.equal(await peer.readAll(), '');
        peer.socket.end(Buffer.alloc(total, 'c'));
      }
      await until(() => plane.plane.connections === 0, 'the tunnel closes');
      await until(() => plane.table.connections[0] === 0, 'its upstream connection closes');
    },
  );
}

proxied(
  'an endpoint that resets a tunnel resets the client, and the other way round',
  {},
  switching(async (peer) => {
    if ((await peer.readBytes(1)) === 'e') peer.reset();
    await peer.closed;
  }),
  async ({ client, servers, plane }) => {
    const one = await client();
    await open(one);
    await one.send('e');
    assert.equal(await one.closed, 'rst');
    const other = await client();
    await open(other);
    await other.send('c');
    await until(() => servers[0].peers[1].receivedBytes > 0, 'it arrives');
    other.reset();
    assert.equal(await servers[0].peers[1].closed, 'rst');
    await until(() => plane.plane.exchanges === 0, 'the tunnels end');
  },
);

proxied(
  'an endpoint that dies between the upgrade request and its answer is a 502, and harms nothing',
  {},
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    if (/upgrade/i.test(head)) peer.socket.write('HTTP/1.1 101 Switching Prot', () => peer.reset());
    else await peer.send(ok('alive'));
  },
  async ({ client }) => {
    const peer = await client();
    await peer.send(get('/ws', UPGRADE));
    assert.equal((await readResponse(peer)).status, 502);
    await peer.send(get());
    assert.equal((await readResponse(peer)).body, 'alive');
  },
);

proxied(
  'a 101 nobody asked for, one for another protocol, and one in the middle of a body are 502',
  { routes: [{ upgrades: ['websocket', 'chat'] }] },
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send(SWITCHING);
    await peer.closed;
  },
  async ({ client, servers }) => {
    const requests = [
      get(),
      get('/', 'Connection: upgrade\r\nUpgrade: chat\r\n'),
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12',
    ];
    for (const request of requests) {
      const peer = await client();
      await peer.send(request);
      const response = await readResponse(peer);
      assert.equal(response.status, 502);
      assert.match(response.head, /Fairlead-Error: unexpected-upgrade\r\n/);
    }
    await until(() => servers[0].peers.every((peer) => peer.state !== 'open'), 'those connections are not used again');
  },
);

proxied(
  'h2c and its settings go no further, and the request is answered as it stands',
  { routes: [{ upgrades: ['websocket', 'h2c'] }] },
  answering((head) => ok(head)),
  async ({ client }) => {
    const peer = await client();
    await peer.send(get('/', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n'));
    const { body } = await readResponse(peer);
    assert.doesNotMatch(body, /upgrade|h2c|http2-settings|connection/i);
  },
);

proxied(
  'a side of a tunnel that takes nothing for writeIdle is cut',
  { timeouts: { writeIdleMs: 100 } },
  async (peer) => {
    const head = await peer.readUntil(END_OF_HEAD);
    await peer.send(SWITCHING);
    if (head.startsWith('GET /stuck')) peer.stopReading();
    else for (let index = 0; index < 64; index++) peer.socket.write(Buffer.alloc(1024 * 1024));
    await peer.closed;
  },
  async ({ client, plane }) => {
    const giving = await client();
    await giving.send(get('/stuck', UPGRADE));
    await giving.readUntil(END_OF_HEAD);
    for (let index = 0; index < 64; index++) giving.socket.write(Buffer.alloc(1024 * 1024));
    await until(() => plane.plane.connections === 0, 'the tunnel to a stuck endpoint is cut');
    const stuck = await client();
    await stuck.send(get('/', UPGRADE));
    await stuck.readUntil(END_OF_HEAD);
    stuck.stopReading();
    await until(() => plane.plane.connections === 0, 'the tunnel to a stuck client is cut');
  },
);
