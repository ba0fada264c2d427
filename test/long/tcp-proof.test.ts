/**
 * Sessions of layer 4 end as they do through HAProxy in mode tcp, and as they do without a proxy: the same two peers
 * talk directly, through HAProxy and through Fairlead, and what each of them saw is compared.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { describe, test } from 'node:test';
import tls from 'node:tls';
import { findCommand } from '../../bench/commands.ts';
import { reservePort } from '../../bench/ports.ts';
import { tempFolder } from '../support/access-log.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import { startOriginal } from '../support/original-proxy.ts';
import { runBalancer } from '../support/running-balancer.ts';
import { writePair } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

const CERTIFICATE = issueCertificate({ names: ['127.0.0.1'] });

/** One end of a connection. It keeps what it saw. */
class End {
  readonly socket: net.Socket;
  seen = '';
  end: 'open' | 'fin' | 'rst' = 'open';

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => (this.seen += text));
    socket.on('end', () => (this.end = 'fin'));
    socket.on('error', () => {
      if (this.end === 'open') this.end = 'rst';
    });
    socket.on('close', () => {
      if (this.end === 'open') this.end = 'rst';
    });
  }

  get outcome(): string {
    return `${JSON.stringify(this.seen)} ${this.end}`;
  }

  sees(text: string): Promise<void> {
    return until(
      () => this.seen === text,
      () => `${text}: ${this.outcome}`,
    );
  }

  ends(): Promise<void> {
    return until(
      () => this.end !== 'open',
      () => `an end: ${this.outcome}`,
    );
  }
}

interface Scene {
  readonly title: string;
  /** What Fairlead has to be like. HAProxy passes a reset on as a FIN in some orders, and so hides that bytes were lost. */
  readonly like: 'haproxy' | 'direct';
  play(client: End, endpoint: End): Promise<void>;
}

const SCENES: readonly Scene[] = [
  {
    title: 'the client ends first and gets an answer',
    like: 'haproxy',
    async play(client, endpoint) {
      client.socket.end('question');
      await endpoint.sees('question');
      await endpoint.ends();
      endpoint.socket.end('answer');
      await client.ends();
    },
  },
  {
    title: 'the endpoint ends first and still hears',
    like: 'haproxy',
    async play(client, endpoint) {
      endpoint.socket.end('last words');
      await client.sees('last words');
      await client.ends();
      client.socket.end('much to say');
      await endpoint.ends();
    },
  },
  {
    title: 'both end at the same time',
    like: 'haproxy',
    async play(client, endpoint) {
      client.socket.end('c');
      endpoint.socket.end('e');
      await Promise.all([client.ends(), endpoint.ends()]);
    },
  },
  {
    title: 'neither says a word, the client ends first',
    like: 'haproxy',
    async play(client, endpoint) {
      client.socket.end();
      await endpoint.ends();
      endpoint.socket.end();
      await client.ends();
    },
  },
  {
    title: 'neither says a word, the endpoint ends first',
    like: 'haproxy',
    async play(client, endpoint) {
      endpoint.socket.end();
      await client.ends();
      client.socket.end();
      await endpoint.ends();
    },
  },
  {
    title: 'the client resets',
    like: 'direct',
    async play(client, endpoint) {
      client.socket.write('x');
      await endpoint.sees('x');
      client.socket.resetAndDestroy();
      await endpoint.ends();
    },
  },
  {
    title: 'the endpoint resets',
    like: 'direct',
    async play(client, endpoint) {
      endpoint.socket.write('x');
      await client.sees('x');
      endpoint.socket.resetAndDestroy();
      await client.ends();
    },
  },
  {
    title: 'the endpoint resets after the client has ended',
    like: 'direct',
    async play(client, endpoint) {
      client.socket.end('x');
      await endpoint.ends();
      endpoint.socket.resetAndDestroy();
      await client.ends();
    },
  },
  {
    title: 'the client resets after the endpoint has ended',
    like: 'direct',
    async play(client, endpoint) {
      endpoint.socket.end('x');
      await client.ends();
      client.socket.resetAndDestroy();
      await endpoint.ends();
    },
  },
];

const WAYS = ['direct', 'haproxy', 'fairlead'] as const;

/** `pem`: the file of a certificate, where TLS ends in front; `''`: without. */
async function startWay(
  way: (typeof WAYS)[number],
  endpoint: number,
  stack: AsyncDisposableStack,
  pem = '',
): Promise<number> {
  if (way === 'direct') return endpoint;
  if (way === 'fairlead') {
    const tls = pem === '' ? '' : `, tls: { certificates: ${pem} }`;
    const { balancer, port } = await runBalancer(
      `threads: 1\nlisteners: { db: { address: "127.0.0.1:0", tcp: db${tls} } }\npools: { db: ["127.0.0.1:${endpoint}"] }`,
    );
    stack.defer(() => balancer.close({ force: true }));
    return port;
  }
  const { port, release } = await reservePort();
  await release();
  const text = [
    'defaults\n  mode tcp\n  retries 0\n  timeout connect 2s\n  timeout client 1m\n  timeout server 1m',
    `listen db\n  bind 127.0.0.1:${port}${pem === '' ? '' : ` ssl crt ${pem}`}\n  server a 127.0.0.1:${endpoint}\n`,
  ].join('\n');
  stack.use(await startOriginal('haproxy', text, port));
  return port;
}

/** What both saw, the client first. */
async function play(scene: Scene, port: number, server: net.Server, isSecured = false): Promise<string> {
  const accepted = once(server, 'connection') as Promise<[net.Socket]>;
  const socketOfClient = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const client = new End(
    isSecured ? tls.connect({ socket: socketOfClient, rejectUnauthorized: false }) : socketOfClient,
  );
  const [socket] = await accepted;
  const endpoint = new End(socket);
  await scene.play(client, endpoint);
  const outcome = `client ${client.outcome}, endpoint ${endpoint.outcome}`;
  client.socket.destroy();
  endpoint.socket.destroy();
  return outcome;
}

describe('sessions of layer 4 beside HAProxy', () => {
  for (const scene of SCENES) {
    test(`a session ends as ${scene.like === 'direct' ? 'without a proxy' : 'through HAProxy'}: ${scene.title}`, async (t) => {
      if (findCommand('haproxy') === null) {
        t.skip('needs haproxy');
        return;
      }
      await using stack = new AsyncDisposableStack();
      const { port, release } = await reservePort();
      await release();
      const ports = [];
      for (const way of WAYS) ports.push(await startWay(way, port, stack));
      // Only now, so that nobody has met the connects by which it was seen that HAProxy listens.
      const server = net.createServer({ allowHalfOpen: true });
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      stack.defer(() => void server.close());
      const outcomes: Record<string, string> = {};
      for (const [index, way] of WAYS.entries()) {
        outcomes[way] = await play(scene, ports[index], server);
        t.diagnostic(`${way}: ${outcomes[way]}`);
      }
      assert.equal(outcomes['fairlead'], outcomes[scene.like]);
    });
  }
});

/** A reset is one of the connection below TLS, in front as behind. */
describe('sessions of layer 4 out of TLS beside HAProxy', () => {
  for (const scene of SCENES.filter(({ like }) => like === 'haproxy')) {
    test(`a session out of TLS ends as through HAProxy: ${scene.title}`, async (t) => {
      if (findCommand('haproxy') === null) {
        t.skip('needs haproxy');
        return;
      }
      await using stack = new AsyncDisposableStack();
      const { port, release } = await reservePort();
      await release();
      const pem = writePair(tempFolder(t), 'db.pem', CERTIFICATE);
      const ways = ['haproxy', 'fairlead'] as const;
      const ports = [];
      for (const way of ways) ports.push(await startWay(way, port, stack, pem));
      const server = net.createServer({ allowHalfOpen: true });
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      stack.defer(() => void server.close());
      const outcomes: string[] = [];
      for (const [index, way] of ways.entries()) {
        outcomes.push(await play(scene, ports[index], server, true));
        t.diagnostic(`${way}: ${outcomes[index]}`);
      }
      assert.equal(outcomes[1], outcomes[0]);
    });
  }
});
