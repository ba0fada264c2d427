/**
 * A server of the drill, a process of its own so that it can be frozen and killed. It takes 10 to 40 ms for a request
 * and has the faults that a line of JSON on its standard input asks for. `GET /healthz` is its health check.
 *
 * `node bench/drill/server.ts --port=20001 [--pem=FILE]` warms up, prints `prepared`, waits for the line `listen`, prints
 * `ready`, then a line for each request that has come whole: `<milliseconds since 1970> <id>`. SIGTERM is a well-behaved end: no new connections, what is in flight finishes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { LARGE_PATH, bodyOf, largeBodyOf } from './answer.ts';
import { OVER_TLS, PLAIN } from './client-side.ts';
import { NO_FAULT } from './server-fault.ts';
import { createListener } from './server-listener.ts';
import type { ServerFault } from './server-fault.ts';
import { warmUp } from './warm-up.ts';

const FASTEST_MS = 10;
const SLOWEST_MS = 40;
/** Longer than any proxy keeps its own. */
const KEEP_ALIVE_MS = 120_000;

let fault: ServerFault = NO_FAULT;
let isEnding = false;
/** Requests that each connection has carried. */
const carried = new WeakMap<Socket, number>();

const { values } = parseArgs({ options: { port: { type: 'string' }, pem: { type: 'string' } } });
const { server, reset } = createListener(values.pem, (request, response) => {
  const served = (carried.get(request.socket) ?? 0) + 1;
  carried.set(request.socket, served);
  if (request.url === '/healthz') return answerCheck(response);
  if (fault.traffic === 'closes-reused' && served > 1) return void request.socket.end();
  if (fault.traffic === 'answers-413-early') return refuseUpload(response);
  request.resume().on('end', () => onRequest(request, response));
});
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.requestTimeout = 0;

function answerCheck(response: ServerResponse): void {
  response.writeHead(fault.check === 'fails' ? 503 : 200, ending()).end('ok\n');
}

/** Answers before the body has come, and reads no more of it. */
function refuseUpload(response: ServerResponse): void {
  response.writeHead(413, { connection: 'close', 'content-length': 10 }).end('too large\n');
}

function onRequest(request: IncomingMessage, response: ServerResponse): void {
  const id = String(request.headers['x-drill-id'] ?? '');
  process.stdout.write(`${Date.now()} ${id}\n`);
  if (fault.traffic === 'hangs') return;
  const slowness = fault.traffic === 'slow' ? fault.factor : 1;
  const ms = (FASTEST_MS + Math.random() * (SLOWEST_MS - FASTEST_MS)) * slowness;
  const body = request.url === LARGE_PATH ? largeBodyOf(id) : bodyOf(id);
  setTimeout(() => answer(body, request.socket, response), ms);
}

function answer(body: string, socket: Socket, response: ServerResponse): void {
  if (fault.traffic === 'answers') return void response.writeHead(fault.status, ending()).end('at fault\n');
  response.writeHead(200, { 'content-length': body.length, ...ending() });
  if (fault.traffic !== 'resets-in-body') {
    response.end(body);
    if (fault.traffic === 'closes-idle') closeWhenIdle(socket, fault.idleMs);
    return;
  }
  response.write(body.slice(0, body.length / 2), () => reset(socket));
}

function closeWhenIdle(socket: Socket, idleMs: number): void {
  const served = carried.get(socket);
  setTimeout(() => {
    if (carried.get(socket) === served) socket.end();
  }, idleMs);
}

function ending(): { connection?: 'close' } {
  return isEnding ? { connection: 'close' } : {};
}

process.on('SIGTERM', () => {
  isEnding = true;
  server.close(() => process.exit(0));
});

function listen(): void {
  server.listen({ port: Number(values.port), host: '127.0.0.1', backlog: 1024 }, () => process.stdout.write('ready\n'));
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'listen') listen();
    else fault = JSON.parse(line) as ServerFault;
  })
  // Its parent is gone.
  .on('close', () => process.exit(0));
await warmUp(server, values.pem === undefined ? PLAIN : OVER_TLS);
process.stdout.write('prepared\n');
