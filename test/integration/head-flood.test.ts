/** Many HEADs at a server that sends a body behind each of them: nobody else notices, and no port is used up. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { test } from 'node:test';
import { startPlane } from '../support/data-plane.ts';
import { get, ok } from '../support/proxied.ts';

const HEADS_A_SECOND = 2000;
/** `FLOOD_S=60` is the long run. */
const SECONDS = Number(process.env['FLOOD_S'] ?? 2);
const HEAD_CLIENTS = 100;
const GET_CLIENTS = 20;
const FORGED = ok('FORGED');

/** Content behind an answer to HEAD: in the same write, in the next, or up to 20 ms later; it looks like an answer. */
function startServer(sockets: Set<net.Socket>): Promise<net.Server> {
  let turn = 0;
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (data) => {
      if (!data.toString('latin1').startsWith('HEAD')) {
        socket.write(ok('hello'));
        return;
      }
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${FORGED.length}\r\n\r\n`;
      const kind = turn++ % 3;
      socket.write(kind === 0 ? head + FORGED : head);
      if (kind === 1) setImmediate(() => socket.write(FORGED));
      if (kind === 2) setTimeout(() => socket.write(FORGED), turn % 20);
    });
  });
  return new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => resolve(server)));
}

/** One client connection; `ask` resolves to what came back. */
function connect(port: number): { ask(request: string): Promise<string>; close(): void } {
  const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
  let answered: (text: string) => void = () => {};
  socket.on('data', (data) => answered(data.toString('latin1')));
  socket.on('close', () => answered('closed'));
  socket.on('error', () => {});
  return {
    ask: (request) =>
      new Promise((resolve) => {
        answered = resolve;
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

/** Sockets towards a port that wait for their time to be over (Linux). */
function waitingSockets(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = readFileSync('/proc/net/tcp', 'latin1').split('\n');
  return lines.filter((line) => line.includes(`:${hex} 06 `)).length;
}

test(
  `${HEADS_A_SECOND} HEADs a second cost no GET beside them its answer, and no port`,
  { timeout: SECONDS * 5000 + 30_000 },
  async (t) => {
    const sockets = new Set<net.Socket>();
    const server = await startServer(sockets);
    const { port } = server.address() as net.AddressInfo;
    // However long a busy machine takes: one that is closed in order, for its age, waits for its time to be over as well.
    const plane = await startPlane({ ports: [port], pool: { idleTimeoutMs: 600_000 } });
    t.after(async () => {
      await plane.close();
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const end = performance.now() + SECONDS * 1000;
    const seen: Record<string, number> = {};
    const note = (what: string): number => (seen[what] = (seen[what] ?? 0) + 1);
    const heads = Array.from({ length: HEAD_CLIENTS }, async (_, index) => {
      const client = connect(plane.port);
      const request = get().replace('GET', 'HEAD');
      const everyMs = (HEAD_CLIENTS / HEADS_A_SECOND) * 1000;
      for (let due = performance.now() + (index * everyMs) / HEAD_CLIENTS; due < end; due += everyMs) {
        const pause = due - performance.now();
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
        note(`HEAD ${(await client.ask(request)).slice(9, 12)}`);
      }
      client.close();
    });
    // A machine that is busy with other tests may spend the whole time on the HEADs.
    const isScarce = (): boolean => (seen['GET hello'] ?? 0) <= GET_CLIENTS;
    const gets = Array.from({ length: GET_CLIENTS }, async () => {
      const client = connect(plane.port);
      while (performance.now() < end || isScarce()) {
        const answer = await client.ask(get());
        note(answer.startsWith('HTTP/1.1 200 ') && answer.endsWith('\r\n\r\nhello') ? 'GET hello' : answer);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      client.close();
    });
    await Promise.all([...heads, ...gets]);
    const { 'GET hello': whole, 'HEAD 200': answered, ...others } = seen;
    assert.deepEqual(others, {});
    assert.ok(whole > GET_CLIENTS && answered > 100, JSON.stringify(seen));
    if (process.platform === 'linux') assert.equal(waitingSockets(port), 0);
  },
);
