/** An endpoint that keeps the PROXY header of each connection as it came, and answers requests behind it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type { TestContext } from 'node:test';
import { SIGNATURE } from './proxy-headers.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}';
const HEAD_BYTES = 16;
const ADDRESSES_OF_TCP4 = 12;

export interface HeaderCatcher {
  readonly port: number;
  /** Of version 2, one for each connection. */
  readonly headers: Buffer[];
}

export async function startHeaderCatcher(t: TestContext): Promise<HeaderCatcher> {
  const headers: Buffer[] = [];
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    let bytes = Buffer.alloc(0);
    let isBehind = false;
    socket.on('data', (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece]);
      const length = isBehind || bytes.length < HEAD_BYTES ? 0 : HEAD_BYTES + bytes.readUInt16BE(HEAD_BYTES - 2);
      if (length > 0 && bytes.length >= length) {
        headers.push(bytes.subarray(0, length));
        bytes = bytes.subarray(length);
        isBehind = true;
      }
      if (!isBehind) return;
      const requests = bytes.toString('latin1').split('\r\n\r\n').length - 1;
      bytes = Buffer.alloc(0);
      socket.write(ANSWER.repeat(requests));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as net.AddressInfo).port, headers };
}

/** The fields of a header for TCP over IPv4, in their order: type in hex and value; those within that of TLS follow its head. */
export function fieldsOf(header: Buffer): readonly (readonly [type: string, value: string])[] {
  assert.deepEqual(header.subarray(0, SIGNATURE.length), SIGNATURE);
  assert.deepEqual([...header.subarray(SIGNATURE.length, SIGNATURE.length + 2)], [0x21, 0x11]);
  return walk(header.subarray(HEAD_BYTES + ADDRESSES_OF_TCP4));
}

function walk(bytes: Buffer): readonly (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  for (let at = 0; at < bytes.length;) {
    const next = at + 3 + bytes.readUInt16BE(at + 1);
    assert.ok(next <= bytes.length, 'a field goes beyond its header');
    const type = bytes[at].toString(16).padStart(2, '0');
    const value = bytes.subarray(at + 3, next);
    if (type === '20') found.push([type, value.toString('hex', 0, 5)], ...walk(value.subarray(5)));
    else found.push([type, value.toString('latin1')]);
    at = next;
  }
  return found;
}
