/**
 * `node bench/idle-client.ts PORT COUNT [tls]` opens COUNT keep-alive connections to 127.0.0.1, makes one request on each
 * (a connection that never asked for anything falls under the timeout for heads, not under keep-alive), says
 * `open N` and holds them until its standard input ends. The source addresses change, so that ports suffice.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import { bareGet } from './requests.ts';
import { isComplete } from './work-check.ts';

/** Connections under way at a time: far below the backlog of every proxy. */
const AT_ONCE = 100;
const PER_SOURCE_ADDRESS = 5000;

/** What all contestants can speak: one built with OpenSSL 3.0 does not know the keys with ML-KEM that Node would offer. */
const GROUP = 'X25519';

const [port, count] = process.argv.slice(2, 4).map(Number);
const isSecure = process.argv[4] === 'tls';
const request = bareGet(`127.0.0.1:${port}`, '/50');
const open = new Set<Socket>();
let started = 0;

async function openInTurn(): Promise<void> {
  while (started < count) await openOne(started++);
}

/** Resolves when the connection has its answer, or has failed. */
function openOne(index: number): Promise<void> {
  const localAddress = `127.0.0.${2 + Math.floor(index / PER_SOURCE_ADDRESS)}`;
  return new Promise((resolve) => {
    let text = '';
    const where = { port, host: '127.0.0.1', localAddress };
    const socket = isSecure ? tls.connect({ ...where, rejectUnauthorized: false, ecdhCurve: GROUP }) : connect(where);
    socket.setEncoding('latin1').write(request);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      open.delete(socket);
      resolve();
    });
    socket.on('data', (part: string) => {
      text += part;
      if (!isComplete(text)) return;
      open.add(socket);
      resolve();
    });
  });
}

process.stdin.on('end', () => process.exit(0)).resume();
await Promise.all(Array.from({ length: AT_ONCE }, openInTurn));
console.log(`open ${open.size}`);
