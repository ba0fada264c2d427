/** Answers that come before the request is complete, ours and the endpoint's, and what becomes of the rest. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { startPlane } from '../support/data-plane.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import { until } from '../support/until.ts';

/** Uploads without a look at the answer until all has been written or the connection is gone; what it got. */
function upload(port: number, bytes: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    let answer = '';
    socket.on('data', (data) => (answer += data.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${bytes}\r\n\r\n`);
    socket.write(Buffer.alloc(bytes));
  });
}

test('none of 200 answers of Fairlead with 413 during uploads is lost', async () => {
  const plane = await startPlane({ ports: [1], routes: [{ maxBody: 1000 }] });
  const answers: string[] = [];
  for (let round = 0; round < 10; round++) {
    answers.push(...(await Promise.all(Array.from({ length: 20 }, () => upload(plane.port, 200_000)))));
  }
  assert.equal(answers.filter((answer) => /^HTTP\/1\.1 413 [^]*\npayload-too-large /.test(answer)).length, 200);
  await plane.close();
});

test('none of 200 answers of an endpoint in the middle of an upload is lost', async () => {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () =>
      socket.write('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno'),
    );
    socket.on('data', () => {});
    socket.on('end', () => socket.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const plane = await startPlane({ ports: [(server.address() as net.AddressInfo).port] });
  const answers: string[] = [];
  for (let round = 0; round < 10; round++) {
    answers.push(...(await Promise.all(Array.from({ length: 20 }, () => upload(plane.port, 200_000)))));
  }
  assert.equal(answers.filter((answer) => /^HTTP\/1\.1 403 [^]*\r\n\r\nno$/.test(answer)).length, 200);
  await plane.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

proxied(
  'after an answer of ours no more than 256 KiB of the rest is read',
  { routes: [{ maxBody: 10 }] },
  answering(() => ok('')),
  async ({ client, plane, net: { segmentation } }) => {
    if (segmentation !== 'whole') return;
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n');
    assert.equal((await readResponse(peer)).status, 413);
    await peer.send(Buffer.alloc(8 * 1024 * 1024));
    await until(() => plane.plane.connections === 0, 'it is closed in spite of the sender');
  },
);

/** Requests that are not complete. */
const HALVES: readonly string[] = [
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf',
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  'POST / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nContent-Length: 9\r\n\r\nhalf',
];
const EARLY: readonly string[] = [
  'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno',
  'HTTP/1.1 403 Forbidden\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n',
  'HTTP/1.1 204 No Content\r\n\r\n',
];

for (const early of EARLY) {
  proxied(
    `an answer to a request that is not complete says that it ends the connection: ${early.split('\r\n', 2).join(', ')}`,
    {},
    async (peer) => {
      await peer.readUntil(END_OF_HEAD);
      await peer.send(early);
      await peer.closed;
    },
    async ({ client }) => {
      for (const half of HALVES) {
        const peer = await client();
        await peer.send(half);
        assert.match(await peer.readUntil(END_OF_HEAD), /\r\nConnection: close\r\n/);
        await peer.readAll();
      }
    },
  );
}

proxied(
  'an echo in full duplex passes whole, answer and request side by side',
  {},
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send('HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n');
    for (let piece = 0; piece < 3; piece++) await peer.send(await peer.readBytes(10));
    await peer.send(ok((await peer.readUntil(END_OF_HEAD)).split('\r\n', 1)[0]));
  },
  async ({ client, servers }) => {
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n');
    await peer.readUntil(END_OF_HEAD);
    for (const piece of ['0123456789', 'abcdefghij', 'ABCDEFGHIJ']) {
      await peer.send(piece);
      assert.equal(await peer.readBytes(10), piece);
    }
    // The answer had to say what becomes of the client's connection before it could know; the endpoint's goes on.
    assert.equal(await peer.closed, 'fin');
    const other = await client();
    await other.send(get('/next'));
    assert.equal((await readResponse(other)).body, 'GET /next HTTP/1.1');
    assert.equal(servers[0].peers.length, 1);
  },
);

proxied(
  'a chunked echo passes with its trailers, request end after answer begin',
  {},
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n');
    const rest = await peer.readUntil('X-End: 1\r\n\r\n');
    assert.match(rest, /0\r\nX-End: 1\r\n\r\n$/);
    await peer.send('0\r\nX-Seen: 1\r\n\r\n');
  },
  async ({ client }) => {
    const peer = await client();
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await peer.readUntil(END_OF_HEAD);
    await peer.readUntil('i\r\n');
    await peer.send('0\r\nX-End: 1\r\n\r\n');
    await peer.readUntil('0\r\nX-Seen: 1\r\n\r\n');
  },
);

proxied(
  'a final answer to Expect: 100-continue closes, since nobody knows whether the body comes',
  {},
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    await peer.send('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
    await peer.closed;
  },
  async ({ client, servers }) => {
    const peer = await client();
    await peer.send('PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 40\r\n\r\n');
    assert.equal((await readResponse(peer)).status, 401);
    // Were the connection kept, these 40 bytes could be the body or a request.
    await peer.send('GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n    ').catch(() => {});
    assert.equal(await peer.readAll(), '');
    await until(() => servers[0].peers[0].state !== 'open', 'the endpoint connection is not used again');
    assert.equal(servers[0].peers.length, 1);
  },
);

proxied(
  'HEAD, Expect and interim answers together keep their order and their framing',
  {},
  async (peer) => {
    for (let head = await peer.readUntil(END_OF_HEAD); head !== '';) {
      await peer.send('HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n');
      await peer.readBytes(4);
      await peer.send('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
      head = await peer.readUntil(END_OF_HEAD).catch(() => '');
    }
  },
  async ({ client }) => {
    const peer = await client();
    for (let round = 0; round < 2; round++) {
      await peer.send('HEAD / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
      assert.match(await peer.readUntil(END_OF_HEAD), /^HTTP\/1\.1 102 /);
      assert.match(await peer.readUntil(END_OF_HEAD), /^HTTP\/1\.1 100 /);
      await peer.send('body');
      assert.match(await peer.readUntil(END_OF_HEAD), /^HTTP\/1\.1 200 [^]*Content-Length: 1000\r\n/);
    }
  },
);

proxied(
  'an endpoint that sends interim answers without end is a 502',
  {},
  async (peer) => {
    await peer.readUntil(END_OF_HEAD);
    for (let index = 0; index < 100 && peer.state === 'open'; index++)
      await peer.send('HTTP/1.1 102 Processing\r\n\r\n');
  },
  async ({ client }) => {
    const peer = await client();
    await peer.send(get());
    await peer.readUntil('HTTP/1.1 502 Bad Gateway\r\n');
  },
);

test('an answer is not lost to a write that fails because the endpoint has answered and gone', async () => {
  const endpoint = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig');
      // With the upload unread, this ends in a reset.
      socket.destroySoon();
    });
  });
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  const plane = await startPlane({ ports: [(endpoint.address() as net.AddressInfo).port] });
  try {
    for (let round = 0; round < 50; round++) assert.match(await upload(plane.port, 2_000_000), /^HTTP\/1\.1 413 /);
  } finally {
    endpoint.close();
    await plane.close();
  }
});
