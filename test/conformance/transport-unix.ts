/** An engine over unix sockets: the suite calls them by numbers, as it does ports; and what only they have. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { dirname } from 'node:path';
import type { TlsHandshake } from '../../src/net/tls.ts';
import type {
  AcceptedConnection,
  Connection,
  ConnectionHandler,
  DialOptions,
  FaultReporter,
  Listener,
  ListenOptions,
  Transport,
} from '../../src/net/transport.ts';
import type { SegmentedNet } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';
import { Recorder } from './transport-recorder.ts';
import { SIDES, assertSameBytes, pattern, settle, stageTest } from './transport-stage.ts';
import type { CreateTransport, Stage } from './transport-stage.ts';

/** The same engine, with unix sockets where it is asked for ports. */
export function onUnixSockets(create: (onFault: FaultReporter) => Transport): CreateTransport {
  const make = (onFault: FaultReporter, sockets: SegmentedNet): Transport => new NumberedUnix(create(onFault), sockets);
  return Object.assign(make, { ground: 'unix' as const });
}

class NumberedUnix implements Transport {
  readonly name: string;
  readonly #inner: Transport;
  readonly #net: SegmentedNet;

  constructor(inner: Transport, sockets: SegmentedNet) {
    this.name = `${inner.name}, unix`;
    this.#inner = inner;
    this.#net = sockets;
  }

  async listen(
    options: ListenOptions,
    accept: (connection: AcceptedConnection) => ConnectionHandler,
  ): Promise<Listener> {
    if ('path' in options) return this.#inner.listen(options, accept);
    const port = this.#net.takePort();
    const listener = await this.#inner.listen({ path: this.#net.pathOf(port) }, accept);
    return Object.defineProperty(listener, 'port', { value: port });
  }

  dial(options: DialOptions, handler: ConnectionHandler): Connection {
    return this.#inner.dial('path' in options ? options : { path: this.#net.pathOf(options.port) }, handler);
  }

  secure(...given: Parameters<Transport['secure']>): TlsHandshake {
    return this.#inner.secure(...given);
  }
}

/** A user that may nothing. */
const NOBODY = 65_534;

/** Dials a path that the stage does not know. */
async function reasonOf(stage: Stage, path: string): Promise<Recorder['reason']> {
  const recorder = new Recorder();
  recorder.on.end = (connection) => connection.close();
  recorder.connection = stage.transport.dial({ path }, recorder);
  assert.equal(recorder.events.length, 0);
  await recorder.closed();
  return recorder.reason;
}

/** What unix sockets do otherwise than TCP. */
export function unixSockets(name: string, create: CreateTransport): void {
  for (const side of SIDES) {
    const start = side === 'dialled' ? ['connect'] : [];
    const title = (text: string): string => `${name}, ${side}: ${text}`;

    stageTest(title('its peer is called unix and has no port'), create, async (stage) => {
      const { connection } = await stage.pair(side);
      const peer = { address: 'unix', port: 0 };
      assert.deepEqual(connection.facts, { scheme: 'http', alpn: '', serverName: '', peer, localPort: 0, tls: null });
      assert.deepEqual([connection.remoteAddress, connection.remotePort, connection.localPort], ['unix', 0, 0]);
    });

    stageTest(title('reset closes: the peer reads what it was sent, and a FIN'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      connection.write('bye');
      await peer.readBytes(3);
      connection.reset();
      assert.equal(connection.isClosed, true);
      assert.equal(await peer.closed, 'fin');
      await recorder.closed();
      assert.deepEqual(recorder.events, [...start, 'close local']);
    });

    stageTest(title('a peer that closes with bytes unread is told as a reset'), create, async (stage) => {
      const { recorder, connection, peer } = await stage.pair(side);
      peer.stopReading();
      await settle();
      const bytes = pattern(1_000_000, 3);
      connection.writeBytes(bytes, 0, bytes.length);
      await settle();
      peer.socket.destroy();
      await recorder.closed();
      assert.equal(recorder.reason?.kind, 'reset');
    });

    stageTest(title('a look tells what has left, and that the peer is there'), create, async (stage) => {
      const { connection, peer } = await stage.pair(side);
      connection.write('hello');
      await peer.readBytes(5);
      connection.look();
      await until(() => connection.takenBytes === 5, 'it is known');
      await settle();
      assert.equal(connection.peerState, 'there');
      assert.equal(connection.isLooking, false);
    });
  }

  stageTest(`${name}: a path without a file, and one that nobody listens on, are refused`, create, async (stage) => {
    const missing = stage.net.pathOf(stage.net.takePort());
    assert.deepEqual(await reasonOf(stage, missing), { kind: 'refused', code: 'ENOENT' });
    writeFileSync(missing, '');
    assert.deepEqual(await reasonOf(stage, missing), { kind: 'refused', code: 'ECONNREFUSED' });
  });

  stageTest(`${name}: a full backlog is unreachable at once`, create, async (stage) => {
    const path = stage.net.pathOf(stage.net.takePort());
    const server = net.createServer((socket) => socket.destroy());
    server.listen({ path, backlog: 1 });
    stage.net.t.after(() => server.close());
    await once(server, 'listening');
    // Nobody is accepted before this thread goes round.
    const reasons = await Promise.all(Array.from({ length: 8 }, () => reasonOf(stage, path)));
    const full = reasons.filter((reason) => reason?.code === 'EAGAIN');
    assert.ok(full.length >= 4, JSON.stringify(reasons));
    assert.deepEqual(new Set(full.map((reason) => reason?.kind)), new Set(['unreachable']));
  });

  stageTest(`${name}: a path that this user may not write to is our own fault`, create, async (stage) => {
    if (process.getuid?.() !== 0) return;
    const { port } = await stage.net.listen(() => {});
    const path = stage.net.pathOf(port);
    chmodSync(path, 0o600);
    chmodSync(dirname(path), 0o755);
    process.seteuid?.(NOBODY);
    const reason = reasonOf(stage, path);
    process.seteuid?.(0);
    assert.deepEqual(await reason, { kind: 'ours', code: 'EACCES' });
  });

  stageTest(`${name}: a listener is at its path until it closes, and serves what waits then`, create, async (stage) => {
    const { listener, accepted } = await stage.listen();
    const path = stage.net.pathOf(listener.port);
    assert.deepEqual([listener.host, listener.canMove, existsSync(path)], [path, false, true]);
    await assert.rejects(
      stage.transport.listen({ path }, () => new Recorder()),
      { code: 'EADDRINUSE' },
    );
    listener.pauseAccepting();
    const peer = await stage.net.connect(listener.port);
    await peer.send('waits');
    await settle();
    assert.equal(accepted.length, 0);
    await listener.close();
    await listener.close();
    assert.equal(existsSync(path), false);
    await accepted[0].until(() => accepted[0].text === 'waits');
    await assert.rejects(stage.net.connect(listener.port), { code: 'ENOENT' });
  });

  stageTest(`${name}: a listener counts the connections that are open`, create, async (stage) => {
    const { listener, accepted } = await stage.listen();
    await Promise.all([1, 2, 3].map(() => stage.net.connect(listener.port)));
    await until(() => listener.connectionCount === 3, 'three are open');
    for (const [closed, recorder] of accepted.entries()) {
      recorder.connection?.close();
      await until(() => listener.connectionCount === 2 - closed, 'one has closed');
    }
  });

  stageTest(
    `${name}: beyond those that may wait while accepting is paused, connections close`,
    create,
    async (stage) => {
      const { listener, accepted } = await stage.listen();
      listener.pauseAccepting();
      const peers = await Promise.all(Array.from({ length: 70 }, () => stage.net.connect(listener.port)));
      await until(() => peers.filter(({ state }) => state !== 'open').length === 6, 'six are closed');
      assert.equal(accepted.length, 0);
      listener.resumeAccepting();
      assert.equal(accepted.length, 64);
      assert.equal(listener.connectionCount, 64);
    },
  );

  stageTest(`${name}: names without a file are dialled and listened on`, create, async (stage) => {
    if (process.platform !== 'linux') return;
    const path = `\0fairlead-${process.pid}-${stage.net.seed}`;
    const recorder = new Recorder();
    const listener = await stage.transport.listen({ path }, (connection) => {
      recorder.connection = connection;
      return recorder;
    });
    const dialled = new Recorder();
    dialled.connection = stage.transport.dial({ path }, dialled);
    dialled.connection.write('hello');
    await until(() => recorder.text === 'hello', 'it is heard');
    // The same name as others write it: no NUL behind it.
    const client = net.connect({ path });
    await new Promise((resolve) => client.once('connect', resolve));
    client.destroy();
    dialled.connection.close();
    recorder.connection?.close();
    await listener.close();
    assert.deepEqual(await reasonOf(stage, path), { kind: 'refused', code: 'ECONNREFUSED' });
  });

  stageTest(`${name}: bytes cross in both directions at once`, create, async (stage) => {
    const { listener, accepted } = await stage.listen();
    const recorder = stage.dial(listener.port);
    await recorder.until(() => recorder.events.includes('connect'));
    while (accepted.length === 0) await settle();
    const [up, down] = [pattern(3_000_000, 1), pattern(3_000_000, 2)];
    recorder.connection?.writeBytes(up, 0, up.length);
    accepted[0].connection?.writeBytes(down, 0, down.length);
    await recorder.until(() => recorder.received === down.length);
    await accepted[0].until(() => accepted[0].received === up.length);
    assertSameBytes(recorder.bytes, down);
    assertSameBytes(accepted[0].bytes, up);
  });
}
