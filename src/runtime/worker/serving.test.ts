/** What reaches a data plane when it has met its end already, and nobody else knows that yet. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { startHttpServer } from '../../../test/support/http-server.ts';
import { testSnapshot } from '../../../test/support/data-plane.ts';
import { request } from '../../../test/support/running-balancer.ts';
import { getOver, socketFolder } from '../../../test/support/unix-server.ts';
import { until } from '../../../test/support/until.ts';
import { systemClock } from '../../core/clock.ts';
import { systemRandom } from '../../core/random.ts';
import { createMemoryTable } from '../../core/shared/memory-table.ts';
import type { ListenerSpec } from '../../core/snapshot.ts';
import { createNodeTransport } from '../../net/node/create-transport.ts';
import { loadEngine } from '../../net/node/load-engine.ts';
import { diffSnapshots } from '../../config/diff.ts';
import { keyOf } from '../shared/listener-key.ts';
import type { FromWorker } from '../shared/messages.ts';
import { createThreadTable } from '../shared/thread-table.ts';
import { createDataPlane } from './data-plane.ts';
import { createServing } from './create-serving.ts';
import type { Serving } from './serving.ts';

const transport = createNodeTransport({ onFault: (error) => assert.fail(String(error)) });

interface Thread {
  readonly serving: Serving;
  readonly said: FromWorker[];
  readonly listener: ListenerSpec;
}

/** A data plane that serves the listener `web`, whose sockets another thread accepts. */
async function startThread(t: TestContext): Promise<Thread> {
  const endpoint = await startHttpServer(t, (_request, response) => response.end('ok'));
  const snapshot = testSnapshot({ ports: [endpoint] });
  const said: FromWorker[] = [];
  const serving = createServing({
    start: {
      worker: 0,
      threads: createThreadTable(1),
      memory: createMemoryTable(1),
      engine: 'onread',
      allowTestFaults: false,
    },
    createDataPlane,
    createEngine: await loadEngine('onread'),
    clock: systemClock,
    random: systemRandom,
    post: (message) => said.push(message),
    breakDown: null,
  });
  t.after(() => serving.handle({ type: 'stop' }));
  const [listener] = snapshot.listeners;
  serving.handle({ type: 'apply', snapshot, operations: diffSnapshots(null, snapshot) });
  serving.handle({ type: 'serve-passed', listener });
  return { serving, said, listener };
}

function released(said: readonly FromWorker[]) {
  return said.flatMap((message) => (message.type === 'released' ? message.sockets : []));
}

describe('a data plane that met an exception nobody caught', () => {
  it('a data plane that met an exception nobody caught serves a connection that was passed to it before anybody knew', async (t) => {
    const { serving, said, listener } = await startThread(t);
    const passed = Promise.withResolvers<net.Socket>();
    const options = { host: '127.0.0.1', port: 0, reusePort: false };
    const accepting = await transport.listenAndPass(options, (socket) => passed.resolve(socket));
    t.after(() => accepting.close());
    const answer = request(accepting.port);
    const socket = await passed.promise;
    serving.fail(new Error('a test'));
    serving.handle({ type: 'connection', listener: keyOf(listener), socket });
    assert.equal(await answer, '');
    await until(() => said.some((message) => message.type === 'idle' && message.received === 1), 'it is idle');
  });

  it('a data plane that met an exception nobody caught gives a listening socket away that was on its way to it, with the connections that wait in it', async (t) => {
    const { serving, said, listener } = await startThread(t);
    const accepted: net.Socket[] = [];
    const options = { host: '127.0.0.1', port: 0, reusePort: false };
    const first = await transport.listenAndPass(options, (socket) => accepted.push(socket));
    const { port } = first;
    const handle = transport.release(first);
    const client = net.connect({ host: '127.0.0.1', port });
    t.after(() => client.destroy());
    await once(client, 'connect');
    serving.fail(new Error('a test'));
    serving.handle({ type: 'inherit', sockets: [{ listener, handle }] });
    assert.deepEqual(
      said.map(({ type }) => type).filter((type) => type !== 'applied'),
      ['failed', 'released', 'idle', 'released', 'inherited'],
    );
    const [given] = released(said);
    const heir = transport.adoptAndPass(given.handle, (socket) => accepted.push(socket));
    t.after(() => heir.close());
    await until(() => accepted.length === 1, 'the connection that waited');
    accepted[0].destroy();
  });

  it('a data plane that met an exception nobody caught opens no listening socket any more, and gives away the one that it was opening', async (t) => {
    const { serving, said, listener } = await startThread(t);
    const listen = { type: 'listen', listener, host: '127.0.0.1', port: 0, reusePort: false } as const;
    serving.handle(listen);
    serving.fail(new Error('a test'));
    serving.handle(listen);
    await until(() => released(said).length === 1, 'the one that was being opened');
    assert.deepEqual(
      said.filter(({ type }) => type === 'listen-failed').map((message) => 'code' in message && message.code),
      ['ECANCELED'],
    );
    const heir = transport.adoptAndPass(released(said)[0].handle, (socket) => socket.destroy());
    await heir.close();
  });
});

describe('a data plane whose listening sockets are to close', () => {
  for (const end of ['drain', 'close-listener'] as const) {
    it(`a data plane whose listening sockets are to close serves who waits in their backlog first (${end})`, async (t) => {
      const { serving, said } = await startThread(t);
      const [web] = testSnapshot({ ports: [1] }).listeners;
      const spec = { ...web, id: 'tcp', host: '127.0.0.1', port: 0 };
      serving.handle({ type: 'listen', listener: spec, host: spec.host, port: 0, reusePort: false });
      const portOf = (): number => said.find((message) => message.type === 'listening')?.port ?? 0;
      await until(() => portOf() > 0, 'it listens');
      const answers = Array.from({ length: 30 }, () => request(portOf()));
      await new Promise(setImmediate);
      serving.handle(end === 'drain' ? { type: end } : { ...spec, type: end });
      assert.deepEqual(await Promise.all(answers), Array(30).fill(''));
      await until(async () => (await request(portOf())) === 'ECONNREFUSED', 'it is closed');
    });
  }
});

describe('a data plane with a unix socket that it cannot give away', () => {
  for (const end of ['release', 'drain'] as const) {
    it(`a data plane with a unix socket serves who waits in its backlog, and closes it then (${end})`, async (t) => {
      const { serving, said } = await startThread(t);
      const path = join(socketFolder(t), 'web.sock');
      const spec = {
        id: 'unix',
        host: `unix:${path}`,
        port: 0,
        spread: 'kernel',
        halfClose: 'cancel',
        underscores: 'drop',
        proxyProtocol: null,
        tls: null,
      } as const;
      serving.handle({ type: 'listen', listener: spec, host: spec.host, port: 0, reusePort: false });
      await until(() => said.some(({ type }) => type === 'listening'), 'it listens');
      const answers = Array.from({ length: 30 }, () => getOver(path));
      await new Promise(setImmediate);
      serving.handle({ type: end });
      assert.deepEqual(await Promise.all(answers), Array(30).fill('200 ok'));
      await until(() => said.some(({ type }) => type === 'idle'), 'it is idle');
      assert.equal(await getOver(path), 'ENOENT');
      if (end === 'release') assert.deepEqual(released(said), []);
    });
  }
});
