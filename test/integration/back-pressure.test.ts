/** Large bodies both ways: held by back-pressure, whole to the byte, in constant memory. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { startPlane } from '../support/data-plane.ts';
import type { TestPlane, TestPlaneOptions } from '../support/data-plane.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;

interface Line {
  readonly plane: TestPlane;
  readonly port: number;
}

/** An endpoint that runs `serve` on every connection, and the proxy in front of it. */
async function line(
  t: { after(fn: () => Promise<void>): void },
  serve: (socket: Socket) => void,
  options: Partial<TestPlaneOptions> = {},
): Promise<Line> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const plane = await startPlane({ ...options, ports: [(server.address() as AddressInfo).port] });
  t.after(async () => {
    await plane.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { plane, port: plane.port };
}

function client(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  return socket;
}

/** Bytes that are different everywhere, so that a piece in the wrong place shows. */
function pattern(index: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at += 4) bytes.writeUInt32LE((index * 2654435761 + at * 40503) >>> 0, at);
  return bytes;
}

/** Writes `total` bytes of pattern with back-pressure. */
function pour(
  socket: Socket,
  total: number,
  hash: ReturnType<typeof createHash>,
  onWritten: (bytes: number) => void,
): void {
  let sent = 0;
  const more = (): void => {
    while (sent < total && !socket.destroyed) {
      const piece = pattern(sent, Math.min(256 * 1024, total - sent));
      hash.update(piece);
      sent += piece.length;
      onWritten(sent);
      if (!socket.write(piece)) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
}

for (const framing of ['length', 'chunks'] as const) {
  test(`a client that reads slowly holds the endpoint, and gets every byte (${framing})`, async (t) => {
    const total = 48 * MIB;
    let written = 0;
    const sentHash = createHash('sha1');
    const { port } = await line(t, (socket) => {
      socket.once('data', () => {
        if (framing === 'length') {
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
          pour(socket, total, sentHash, (bytes) => (written = bytes));
          return;
        }
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        pourChunks(socket, total, sentHash, (bytes) => (written = bytes));
      });
    });
    const socket = client(port);
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    let last = -1;
    // It stands still once the kernel's buffers and one of ours are full.
    await until(() => {
      const isStill = written > 0 && written === last;
      last = written;
      return isStill;
    }, 'the endpoint stops');
    assert.ok(written < 32 * MIB, `${written} bytes were taken from the endpoint`);
    const { body } = await readBody(socket, framing, total);
    assert.equal(body, sentHash.digest('hex'));
    socket.destroy();
  });
}

function pourChunks(
  socket: Socket,
  total: number,
  hash: ReturnType<typeof createHash>,
  onWritten: (bytes: number) => void,
): void {
  let sent = 0;
  let size = 1;
  const more = (): void => {
    while (sent < total && !socket.destroyed) {
      size = (size * 7 + 13) % 300_000;
      const piece = pattern(sent, Math.min(Math.max(4, size & ~3), total - sent));
      hash.update(piece);
      sent += piece.length;
      onWritten(sent);
      socket.write(`${piece.length.toString(16)}\r\n`);
      socket.write(piece);
      const isFree = socket.write(sent === total ? '\r\n0\r\n\r\n' : '\r\n');
      if (!isFree) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
}

/** Reads a response's body, of known length or in chunks, and answers its hash. */
function readBody(socket: Socket, framing: 'length' | 'chunks', total: number): Promise<{ body: string }> {
  const hash = createHash('sha1');
  let head = '';
  let got = 0;
  let left = 0;
  let line = '';
  let skip = 0;
  return new Promise((resolve) => {
    socket.on('data', (bytes: Buffer) => {
      let at = 0;
      if (!head.endsWith('\r\n\r\n')) {
        const text = head + bytes.toString('latin1');
        const end = text.indexOf('\r\n\r\n');
        if (end < 0) {
          head = text;
          return;
        }
        at = end + 4 - head.length;
        head = text.slice(0, end + 4);
      }
      while (at < bytes.length) {
        if (framing === 'length') {
          hash.update(bytes.subarray(at));
          got += bytes.length - at;
          break;
        }
        if (skip > 0) {
          skip--;
          at++;
        } else if (left > 0) {
          const end = Math.min(bytes.length, at + left);
          hash.update(bytes.subarray(at, end));
          got += end - at;
          left -= end - at;
          at = end;
          if (left === 0) skip = 2;
        } else {
          line += String.fromCharCode(bytes[at++]);
          if (!line.endsWith('\r\n')) continue;
          left = Number.parseInt(line, 16);
          line = '';
        }
      }
      if (got === total) resolve({ body: hash.digest('hex') });
    });
    socket.resume();
  });
}

test('an endpoint that reads slowly holds the client, and gets every byte', async (t) => {
  const total = 48 * MIB;
  const received = createHash('sha1');
  let got = 0;
  let endpoint: Socket | null = null;
  const { port } = await line(t, (socket) => {
    let head = '';
    socket.pause();
    endpoint = socket;
    socket.on('data', (bytes: Buffer) => {
      let body = bytes;
      if (!head.endsWith('\r\n\r\n')) {
        const text = head + bytes.toString('latin1');
        const end = text.indexOf('\r\n\r\n');
        body = end < 0 ? bytes.subarray(bytes.length) : bytes.subarray(end + 4 - head.length);
        head = end < 0 ? text : text.slice(0, end + 4);
      }
      received.update(body);
      got += body.length;
      if (got === total) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
  });
  const socket = client(port);
  let written = 0;
  const sent = createHash('sha1');
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${total}\r\n\r\n`);
  pour(socket, total, sent, (bytes) => (written = bytes));
  let last = -1;
  await until(() => {
    const isStill = endpoint !== null && written > 0 && written === last;
    last = written;
    return isStill;
  }, 'the client stops');
  assert.ok(written < 32 * MIB, `${written} bytes were taken from the client`);
  (endpoint as Socket | null)?.resume();
  await new Promise((resolve) => socket.once('data', resolve));
  assert.equal(received.digest('hex'), sent.digest('hex'));
  socket.destroy();
});

test('a body of two GiB passes in constant memory', async (t) => {
  const total = 2048 * MIB;
  const piece = Buffer.alloc(MIB, 'x');
  const { port } = await line(t, (socket) => {
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
      let sent = 0;
      const more = (): void => {
        while (sent < total && !socket.destroyed) {
          sent += piece.length;
          if (!socket.write(piece)) {
            socket.once('drain', more);
            return;
          }
        }
      };
      more();
    });
  });
  const socket = client(port);
  let got = 0;
  let peak = 0;
  const before = process.memoryUsage.rss();
  await new Promise<void>((resolve) => {
    socket.on('data', (bytes: Buffer) => {
      got += bytes.length;
      if ((got & 0xffffff) < bytes.length) peak = Math.max(peak, process.memoryUsage.rss() - before);
      if (got >= total) resolve();
    });
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  });
  // The test's own reader makes garbage by the megabyte; two GiB held anywhere would show all the same.
  assert.ok(peak < 300 * MIB, `${Math.round(peak / MIB)} MiB more`);
  socket.destroy();
});

test('a client that takes nothing for writeIdle is reset, and the endpoint is not blamed', async (t) => {
  const { plane, port } = await line(
    t,
    (socket) => {
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${64 * MIB}\r\n\r\n`);
        socket.write(Buffer.alloc(64 * MIB));
      });
    },
    { timeouts: { writeIdleMs: 100 } },
  );
  const socket = client(port);
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => plane.plane.exchanges === 1, 'the exchange begins');
  await until(() => plane.plane.exchanges === 0, 'the exchange ends');
  assert.equal(failuresInARow(plane.table.failures, 0), 0);
});

test('an endpoint that takes nothing for writeIdle is a 504 and its fault', async (t) => {
  const { plane, port } = await line(t, (socket) => void socket.pause(), { timeouts: { writeIdleMs: 100 } });
  const socket = client(port);
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${64 * MIB}\r\n\r\n`);
  socket.write(Buffer.alloc(64 * MIB));
  let answer = '';
  socket.on('data', (bytes) => (answer += bytes.toString('latin1')));
  await until(() => answer.includes('\r\n\r\n'), 'an answer comes');
  assert.match(answer, /^HTTP\/1\.1 504 .*\r\n[^]*Fairlead-Error: upstream-write-timeout\r\n/);
  assert.equal(failuresInARow(plane.table.failures, 0), 1);
  socket.destroy();
});

test('a tunnel that is silent for tunnelIdle is closed', async (t) => {
  let isClosed = false;
  const { port } = await line(
    t,
    (socket) => {
      socket.on('close', () => (isClosed = true));
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      });
    },
    { timeouts: { tunnelIdleMs: 100 } },
  );
  const socket = client(port);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  let isGone = false;
  socket.on('close', () => (isGone = true));
  await until(() => isGone && isClosed, 'both sides close');
});
