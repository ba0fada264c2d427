/** A wire to a port that cuts what a client sends into pieces. */
import { once } from 'node:events';
import net from 'node:net';
import type { TestContext } from 'node:test';

/** What comes from a client goes on in pieces of so many bytes, each in a turn of its own. Returns the port to connect to. */
export async function startPieceWire(t: TestContext, port: number, pieceBytes: () => number): Promise<number> {
  const wire = net.createServer({ noDelay: true }, (client) => {
    const server = net.connect({ port, host: '127.0.0.1', noDelay: true });
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
    server.pipe(client);
    let isPassing = Promise.resolve();
    client.on('data', (chunk: Buffer) => {
      isPassing = isPassing.then(() => passInPieces(chunk, server, pieceBytes));
    });
  });
  wire.listen(0, '127.0.0.1');
  await once(wire, 'listening');
  t.after(() => wire.close());
  return (wire.address() as net.AddressInfo).port;
}

async function passInPieces(chunk: Buffer, to: net.Socket, pieceBytes: () => number): Promise<void> {
  for (let at = 0; at < chunk.length && !to.destroyed;) {
    const end = Math.min(chunk.length, at + pieceBytes());
    to.write(chunk.subarray(at, end));
    at = end;
    await new Promise(setImmediate);
  }
}
