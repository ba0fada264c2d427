/** Listeners with `tcp` that end TLS: what comes out of it passes as it is, and ends on both sides mean what they say. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import tls from 'node:tls';
import { readLines, tempFolder } from '../support/access-log.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import { heldUnits } from '../support/running-balancer.ts';
import { askTls, openTls, runTls, writePair } from '../support/tls-balancer.ts';
import type { TlsBalancer } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

const CERTIFICATE = issueCertificate({ names: ['db.example', '127.0.0.1'], commonName: 'db' });
const MIB = 1024 * 1024;
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

interface Splicing extends TlsBalancer {
  readonly log: string;
  /** The endpoint's end of the next session. */
  accepted(): Promise<net.Socket>;
}

/** A balancer whose endpoint does what the test says. */
async function runSplicing(t: TestContext, more = '', threads = 1): Promise<Splicing> {
  const server = net.createServer({ allowHalfOpen: true });
  const sockets: net.Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as net.AddressInfo;
  const log = join(tempFolder(t), 'access.log');
  const format = '$protocol $sni $tlsVersion $tlsResumed $pool $bytesIn $bytesOut $reason';
  const balancer = await runTls(t, (folder) => `certificates: ${writePair(folder, 'db.pem', CERTIFICATE)}`, {
    threads,
    listener: 'tcp: db,',
    more: `accessLog: { format: "${format}", to: { file: ${log} } }\n${more}`,
    edit: (text) => text.replace(/pools: \{.*/, `pools: { db: ["127.0.0.1:${port}"] }`),
  });
  const accepted = async (): Promise<net.Socket> => {
    await until(() => sockets.length > 0, 'the endpoint is connected');
    return sockets.shift() as net.Socket;
  };
  return { ...balancer, log, accepted };
}

/** A client, and what it has heard. */
async function open(port: number, options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
  // Known to Node, and not to its types.
  const halfOpen = { allowHalfOpen: true };
  return openTls(port, { servername: 'db.example', ...halfOpen, ...options });
}

/** All up to the end of that side; the socket lives on. */
async function textOf(socket: net.Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
  await once(socket, 'end');
  return text;
}

/** With or without an error. */
function closed(socket: net.Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function over(balancer: Splicing, reason: string): Promise<void> {
  await until(() => heldUnits(balancer.balancer) === 0, 'the session is over');
  await until(() => balancer.balancer.stats().workers.connections === 0, 'its client has left');
  await until(() => readLines(balancer.log).length === 1, 'it has a line');
  assert.match(readLines(balancer.log)[0], new RegExp(`${reason}$`));
}

for (const maxVersion of VERSIONS) {
  test(`what a client says within ${maxVersion} passes plain, and its end is a FIN behind which the answer comes`, async (t) => {
    const balancer = await runSplicing(t);
    const client = await open(balancer.port, { maxVersion });
    client.end('question');
    const endpoint = await balancer.accepted();
    assert.equal(await textOf(endpoint), 'question');
    endpoint.end('answer');
    assert.equal(await textOf(client), 'answer');
    await over(balancer, `TCP db.example ${maxVersion} false db 8 6 client-end`);
    assert.equal(balancer.balancer.stats().tcp[0].cut, 0);
  });

  test(`the FIN of an endpoint is the end that ${maxVersion} has, behind which the client may still speak`, async (t) => {
    const balancer = await runSplicing(t);
    const client = await open(balancer.port, { maxVersion });
    const endpoint = await balancer.accepted();
    endpoint.end('last words');
    // Without the end that TLS has this would be an error of the client's.
    assert.equal(await textOf(client), 'last words');
    client.end('much to say');
    assert.equal(await textOf(endpoint), 'much to say');
    await over(balancer, 'db 11 10 endpoint-end');
  });

  test(`a client that breaks off without the end of ${maxVersion} has ended, and the line says so`, async (t) => {
    const balancer = await runSplicing(t);
    const raw = net.connect(balancer.port, '127.0.0.1');
    const client = tls.connect({ socket: raw, rejectUnauthorized: false, maxVersion });
    await once(client, 'secureConnect');
    client.on('error', () => {});
    client.write('all there is');
    const endpoint = await balancer.accepted();
    let heard = '';
    endpoint.on('data', (piece: Buffer) => (heard += piece.toString('latin1')));
    await until(() => heard === 'all there is', 'it arrives');
    const ended = once(endpoint, 'end');
    raw.end();
    await ended;
    endpoint.end('too late');
    await over(balancer, 'client-end: truncated');
    assert.equal(balancer.balancer.stats().tcp[0].cut, 0);
    client.destroy();
  });
}

test('a reset of one side resets the other, over TLS as well', async (t) => {
  const balancer = await runSplicing(t);
  const client = await open(balancer.port);
  client.write('x');
  const endpoint = await balancer.accepted();
  await once(endpoint, 'data');
  const reset = closed(client);
  let code = '';
  client.on('error', (error: NodeJS.ErrnoException) => (code = error.code ?? ''));
  endpoint.resetAndDestroy();
  await reset;
  assert.equal(code, 'ECONNRESET');
  await over(balancer, 'reset: endpoint');

  const raw = net.connect(balancer.port, '127.0.0.1');
  const other = tls.connect({ socket: raw, rejectUnauthorized: false });
  await once(other, 'secureConnect');
  other.on('error', () => {});
  other.write('x');
  const second = await balancer.accepted();
  await once(second, 'data');
  const failed = new Promise<string>((resolve) =>
    second.resume().once('error', ({ code: of }: NodeJS.ErrnoException) => resolve(of ?? '')),
  );
  raw.resetAndDestroy();
  assert.equal(await failed, 'ECONNRESET');
  await until(() => readLines(balancer.log).at(-1)?.endsWith('reset: client') === true, 'it is told');
  assert.equal(balancer.balancer.stats().tcp[0].cut, 2);
});

test('a record that is no TLS resets both sides', async (t) => {
  const balancer = await runSplicing(t);
  const raw = net.connect(balancer.port, '127.0.0.1');
  const client = tls.connect({ socket: raw, rejectUnauthorized: false });
  await once(client, 'secureConnect');
  client.on('error', () => {});
  const endpoint = await balancer.accepted();
  const failed = once(endpoint.resume(), 'error');
  raw.write('this is no record of TLS');
  await failed;
  await until(() => heldUnits(balancer.balancer) === 0, 'the session is over');
  client.destroy();
});

test('a protocol that a client names in ALPN is passed over: what it speaks is between it and the endpoint', async (t) => {
  const balancer = await runSplicing(t);
  const client = await open(balancer.port, { ALPNProtocols: ['postgresql'] });
  assert.equal(client.alpnProtocol, false);
  await balancer.accepted();
  client.destroy();
});

test('a session is resumed, and logged as such', async (t) => {
  const balancer = await runSplicing(t);
  const options = { maxVersion: 'TLSv1.2' } as const;
  const first = await open(balancer.port, options);
  const session = first.getSession();
  first.end();
  (await balancer.accepted()).end();
  await over(balancer, '');
  const second = await open(balancer.port, { ...options, ...(session === undefined ? {} : { session }) });
  assert.ok(second.isSessionReused());
  second.end();
  (await balancer.accepted()).end();
  await until(() => readLines(balancer.log).length === 2, 'two lines');
  assert.match(readLines(balancer.log)[1], /^TCP db\.example TLSv1\.2 true db/);
});

for (const reader of ['client', 'endpoint'] as const) {
  test(`where the ${reader} reads nothing the other side is held back, and once it reads it gets every byte out of TLS`, async (t) => {
    const total = 48 * MIB;
    const balancer = await runSplicing(t, '', 0);
    const client = await open(balancer.port);
    const endpoint = await balancer.accepted();
    const [slow, fast]: readonly [net.Socket, net.Socket] =
      reader === 'client' ? [client, endpoint] : [endpoint, client];
    slow.pause();
    const piece = Buffer.alloc(64 * 1024);
    for (let at = 0; at < piece.length; at++) piece[at] = (at * 7919) >> 5;
    const sent = createHash('sha1');
    let written = 0;
    const pour = (): void => {
      while (written < total) {
        sent.update(piece);
        written += piece.length;
        if (!fast.write(piece)) return void fast.once('drain', pour);
      }
      fast.end();
    };
    pour();
    let [last, looks] = [-1, 0];
    await until(async () => {
      // On a busy machine one that writes may look as if it stood.
      looks = written === last ? looks + 1 : 0;
      last = written;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return looks >= 8;
    }, 'the writer stands');
    assert.ok(written < 24 * MIB, `${written} bytes were taken`);
    const received = createHash('sha1');
    for await (const bytes of slow) received.update(bytes as Buffer);
    assert.equal(received.digest('hex'), sent.digest('hex'));
    slow.end();
    await until(() => heldUnits(balancer.balancer) === 0, 'the session is over');
  });
}

test('a session over TLS is cut after its time without a byte, and by a drain', async (t) => {
  const balancer = await runSplicing(t, 'timeouts: { tcpIdle: 300ms, drain: 200ms }');
  const idle = await open(balancer.port);
  const [endpoint] = [await balancer.accepted()];
  endpoint.resume();
  await closed(idle);
  await over(balancer, 'idle');
  const drained = await open(balancer.port);
  (await balancer.accepted()).resume();
  await Promise.all([closed(drained), balancer.balancer.close()]);
  assert.equal(readLines(balancer.log).length, 2);
});

test('names that pass are not opened where what is opened passes as well', async (t) => {
  const raw = net.createServer((socket) =>
    socket.on('error', () => {}).once('data', (start: Buffer) => socket.end(start.subarray(0, 1))),
  );
  raw.listen(0, '127.0.0.1');
  await once(raw, 'listening');
  t.after(() => raw.close());
  const { port } = raw.address() as net.AddressInfo;
  const balancer = await runTls(
    t,
    (folder) => `certificates: ${writePair(folder, 'db.pem', CERTIFICATE)}, passthrough: { old.example: old }`,
    {
      listener: 'tcp: web,',
      edit: (text) => text.replace('pools: {', `pools: { old: ["127.0.0.1:${port}"],`),
    },
  );
  // The one that is opened leads to a server of HTTP.
  assert.equal((await askTls(balancer.port)).status, 200);
  await assert.rejects(askTls(balancer.port, { servername: 'old.example' }));
  await until(() => balancer.balancer.stats().tcp[0].sessions === 2, 'both are sessions');
});
