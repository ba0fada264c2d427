/** A thread that serves connections: answers each line with its name. Driven by messages, see `transport-threads.test.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Socket } from 'node:net';
import { createNodeTransport } from '../../src/net/node/create-transport.ts';
import type { NodeEngine } from '../../src/net/node/transport.ts';
import type { NetServerHandle } from '../../src/net/node/listener.ts';
import type { Connection, ConnectionHandler, Listener } from '../../src/net/transport.ts';

export interface WorkerOptions {
  readonly name: string;
  readonly engine: NodeEngine;
}

export type ToWorker =
  | { readonly order: 'listen'; readonly port: number }
  | { readonly order: 'adopt'; readonly handle: NetServerHandle }
  | { readonly order: 'socket'; readonly socket: Socket }
  | { readonly order: 'release' };

export type FromWorker =
  | { readonly report: 'listening'; readonly port: number }
  | { readonly report: 'released'; readonly handle: NetServerHandle }
  | { readonly report: 'fault'; readonly text: string };

const options = workerData as WorkerOptions;
const port = parentPort!;
const transport = createNodeTransport({
  engine: options.engine,
  onFault: (error) => tell({ report: 'fault', text: String(error) }),
});
let listener: Listener | null = null;

function tell(message: FromWorker, transfer: NetServerHandle[] = []): void {
  port.postMessage(message, transfer);
}

function serve(connection: Connection): ConnectionHandler {
  return {
    onConnect() {},
    onBytes(buffer, start, end) {
      if (buffer[end - 1] !== 0x0a) return;
      connection.write(`${options.name} ${buffer.latin1Slice(start, end)}`);
    },
    onDrain() {},
    onEnd: () => connection.end(),
    onClose() {},
    onFault: (error) => tell({ report: 'fault', text: String(error) }),
  };
}

port.on('message', (message: ToWorker) => {
  if (message.order === 'listen') {
    void transport.listen({ host: '127.0.0.1', port: message.port, reusePort: false }, serve).then((opened) => {
      listener = opened;
      tell({ report: 'listening', port: opened.port });
    });
  } else if (message.order === 'adopt') {
    listener = transport.adopt(message.handle, serve);
    tell({ report: 'listening', port: listener.port });
  } else if (message.order === 'socket') {
    transport.adoptSocket(message.socket, serve);
  } else if (listener !== null) {
    const handle = transport.release(listener);
    tell({ report: 'released', handle }, [handle]);
    listener = null;
  }
});
