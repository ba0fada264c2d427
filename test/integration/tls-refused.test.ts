/** Clients that do not come into TLS: what they are told, what is counted, and that others are served meanwhile. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { extension, helloOf, protocols, serverName } from '../support/client-hello.ts';
import type { HelloParts } from '../support/client-hello.ts';
import { FakeToday } from '../support/fake-time.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import { helloOfNode } from '../support/node-hello.ts';
import { threeWays } from '../support/segmented-socket.ts';
import { askTls, handshakesOf, openTls, requestOver, runTls, writePair } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

const FIRST = issueCertificate({ names: ['first.example', '127.0.0.1'], commonName: 'first' });
const ONE = (folder: string): string => `certificates: ${writePair(folder, 'first.pem', FIRST)}`;

const JUNK: Readonly<Record<string, readonly [bytes: Buffer, reason: string, answer: string]>> = {
  'breaks a rule of the protocol': [helloOf({ ciphers: Buffer.alloc(0) }), 'bad-hello', '\x15\x03\x03\x00\x02\x02\x32'],
  'asks for two names': [
    helloOf({ extensions: [serverName('a.example', 'b.example')] }),
    'bad-hello',
    '\x15\x03\x03\x00\x02\x02\x32',
  ],
  'speaks another protocol': [Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'.toLowerCase()), 'bad-hello', ''],
  'answers a challenge': [helloOf({ extensions: [protocols('acme-tls/1')] }), 'alpn', '\x15\x03\x03\x00\x02\x02\x78'],
};

for (const [what, [bytes, reason, answer]] of Object.entries(JUNK)) {
  threeWays(
    `a client that ${what} gets ${answer === '' ? 'nothing' : 'an alert'} and a close, and is counted`,
    async (sockets) => {
      const balancer = await runTls(sockets.t, ONE);
      const client = await sockets.connect(balancer.port);
      await client.send(bytes);
      const end = await client.readAll().catch(() => '');
      assert.equal(end, answer);
      client.end();
      await until(() => handshakesOf(balancer).failures[reason] === 1, `${reason} is counted`);
      assert.equal(balancer.handshakeEvents[0].reason, reason);
      assert.equal(balancer.handshakeEvents[0].address, '127.0.0.1');
      await until(() => balancer.balancer.stats().workers.connections === 0, 'nothing is left');
    },
  );
}

threeWays('a client that speaks plain HTTP is told that this port speaks HTTPS', async (sockets) => {
  const balancer = await runTls(sockets.t, ONE);
  const client = await sockets.connect(balancer.port);
  await client.send('POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc');
  const answer = await client.readAll();
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
  assert.match(answer, /\r\nFairlead-Error: plain-http-on-tls\r\n/);
  assert.match(answer, /\r\nConnection: close\r\n/);
  client.end();
  await until(() => handshakesOf(balancer).failures['plain-http'] === 1, 'it is counted');
});

test('a client that connects and leaves without a word is neither counted nor told of', async (t) => {
  const balancer = await runTls(t, ONE);
  for (const leave of ['end', 'resetAndDestroy'] as const) {
    const socket = net.connect(balancer.port, '127.0.0.1');
    await once(socket, 'connect');
    socket[leave]();
  }
  await askTls(balancer.port);
  await until(
    () => handshakesOf(balancer).done === 1 && balancer.balancer.stats().workers.connections === 0,
    'all left',
  );
  assert.deepEqual(handshakesOf(balancer).failures, {});
  assert.deepEqual(balancer.handshakeEvents, []);
});

test('a client that leaves in the middle of its hello, by FIN or by reset, is counted', async (t) => {
  const balancer = await runTls(t, ONE);
  const half = helloOf({ extensions: [serverName('a.example')] }).subarray(0, 40);
  const failures = { closed: 'end', reset: 'resetAndDestroy' } as const;
  for (const [reason, leave] of Object.entries(failures)) {
    const socket = net.connect(balancer.port, '127.0.0.1');
    socket.on('error', () => {});
    await new Promise<void>((resolve) => socket.write(half, () => resolve()));
    await until(() => balancer.balancer.stats().workers.connections === 1, 'it is there');
    socket[leave]();
    await until(() => handshakesOf(balancer).failures[reason] === 1, reason);
  }
});

test('a client that takes too long for its handshake is closed, at whatever point it has stopped', async (t) => {
  const time = new FakeToday();
  const balancer = await runTls(t, ONE, {
    threads: 0,
    clock: time,
    scheduler: time,
    more: 'timeouts: { tlsHandshake: 3s }',
  });
  const hello = await helloOfNode();
  const starts = [Buffer.alloc(0), hello.subarray(0, 1), hello.subarray(0, -1), hello];
  for (const start of starts) {
    const socket = net.connect(balancer.port, '127.0.0.1');
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    socket.resume();
    if (start.length > 0) socket.write(start);
    await until(() => balancer.balancer.workers?.load().connections === 1, 'it is there');
    // Who is served later has been read later.
    time.advance(2800);
    await askTls(balancer.port);
    assert.equal(socket.closed, false);
    time.advance(300);
    await closed;
    await until(() => {
      time.advance(100);
      return balancer.balancer.workers?.load().connections === 0;
    }, 'all are gone');
  }
  await until(
    () => {
      time.advance(100);
      return handshakesOf(balancer).failures['timeout'] === 3;
    },
    () => JSON.stringify(handshakesOf(balancer)),
  );
});

test('a client that drips its handshake has no more time than others, before and after its hello', async (t) => {
  const time = new FakeToday();
  const options = { threads: 0, clock: time, scheduler: time, more: 'timeouts: { tlsHandshake: 3s }' };
  const balancer = await runTls(t, ONE, options);
  const hello = await helloOfNode();
  // A record that says it has 256 bytes, so that no byte of it is wrong.
  const record = Buffer.concat([Buffer.from([0x17, 3, 3, 1, 0]), Buffer.alloc(256)]);
  for (const [start, drip] of [
    [hello.subarray(0, 0), hello],
    [hello, record],
  ]) {
    const socket = net.connect({ port: balancer.port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => {});
    socket.resume().write(start);
    const closed = once(socket, 'close');
    await until(() => balancer.balancer.workers?.load().connections === 1, 'it is there');
    for (let at = 0; at < 29; at++) {
      socket.write(drip.subarray(at, at + 1));
      // Who is served later has been read later.
      if (at % 7 === 0) await askTls(balancer.port);
      time.advance(100);
    }
    assert.equal(socket.closed, false);
    time.advance(300);
    await closed;
  }
  await until(() => {
    time.advance(100);
    return handshakesOf(balancer).failures['timeout'] === 2;
  }, 'both are counted');
});

/** What a client hears that sends this and no more. */
async function answerTo(port: number, bytes: Buffer): Promise<string> {
  const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
  await once(socket, 'end');
  return Buffer.from(answer, 'latin1').toString('hex');
}

test('what is refused is refused alike, whatever name was asked for: nothing tells which names there are', async (t) => {
  const named = issueCertificate({ names: ['first.example'] });
  const refusing = await runTls(
    t,
    (folder) => `certificates: ${writePair(folder, 'named.pem', named)}, unknownName: refuse`,
  );
  const unknown = ['no.example', 'a.first.example', 'first.example.test', 'example', '127.0.0.2', 'x'.repeat(63)];
  for (const name of ['', ...unknown]) {
    const bytes = helloOf({ extensions: name === '' ? [] : [serverName(name)] });
    assert.equal(await answerTo(refusing.port, bytes), '15030300020270', name);
  }
  const choosing = await runTls(t, ONE);
  const WRONG: Readonly<Record<string, HelloParts>> = {
    version: { version: 0x0301, extensions: [] },
    cipher: { ciphers: Buffer.from([0x00, 0x2f]), extensions: [] },
    alpn: { extensions: [protocols('spdy/3'), extension(10, Buffer.from([0, 2, 0, 23]))] },
    challenge: { extensions: [protocols('acme-tls/1')] },
    rule: { compressions: Buffer.alloc(0), extensions: [] },
  };
  for (const [what, parts] of Object.entries(WRONG)) {
    const answers = new Set<string>();
    for (const name of ['', 'first.example', 'no.example']) {
      const asked = name === '' ? [] : [serverName(name)];
      const bytes = helloOf({ ...parts, extensions: [...asked, ...(parts.extensions ?? [])] });
      answers.add(await answerTo(choosing.port, bytes));
    }
    assert.equal(answers.size, 1, `${what}: ${[...answers].join()}`);
    assert.match([...answers][0], /^1503/, what);
  }
});

test('a client of TLS 1.2 that begins anew within its session is refused', async (t) => {
  const balancer = await runTls(t, ONE);
  const socket = await openTls(balancer.port, { maxVersion: 'TLSv1.2' });
  assert.equal((await requestOver(socket)).status, 200);
  const failed = once(socket, 'error') as Promise<[NodeJS.ErrnoException]>;
  socket.renegotiate({}, () => {});
  const [{ code }] = await failed;
  assert.equal(code, 'ERR_SSL_NO_RENEGOTIATION');
  await until(() => balancer.balancer.stats().workers.connections === 0, 'it is gone');
});

test('failed handshakes are told at most once a second for each listener, with the last client', async (t) => {
  const time = new FakeToday();
  const balancer = await runTls(t, ONE, { threads: 0, clock: time, scheduler: time });
  for (let i = 0; i < 5; i++) {
    const socket = net.connect(balancer.port, '127.0.0.1', () => socket.end('GET / HTTP/1.1\r\n\r\n'));
    await once(socket.resume(), 'close');
  }
  assert.equal(balancer.handshakeEvents.length, 1);
  await until(() => {
    time.advance(100);
    return balancer.handshakeEvents.reduce((sum, { count }) => sum + count, 0) === 5;
  }, 'all are told of');
  assert.equal(balancer.handshakeEvents.length, 2);
  assert.equal(balancer.handshakeEvents[1].count, 4);
  assert.equal(handshakesOf(balancer).failures['plain-http'], 5);
});

test('clients on their way into TLS have a second when draining begins, and count until then', async (t) => {
  const balancer = await runTls(t, ONE);
  const hello = await helloOfNode();
  const sockets = [hello.subarray(0, 9), hello].map((start) => {
    const socket = net.connect(balancer.port, '127.0.0.1', () => socket.write(start));
    socket.on('error', () => {});
    return { socket: socket.resume(), closed: once(socket, 'close') };
  });
  await until(() => balancer.balancer.stats().workers.connections === 2, 'both are there');
  const began = performance.now();
  await balancer.balancer.close();
  await Promise.all(sockets.map(({ closed }) => closed));
  const tookMs = performance.now() - began;
  assert.ok(tookMs > 900 && tookMs < 5000, `${tookMs} ms`);
});

for (const [spread, threads] of [
  ['kernel', 1],
  ['even', 2],
] as const) {
  const title = `while too many clients are on their way into TLS others wait, and those who are in are served (spread: ${spread})`;
  test(title, { timeout: 60_000 }, async (t) => {
    const all = 1300 * threads;
    const plain = 'listeners: { plain: "127.0.0.1:0", web:';
    const balancer = await runTls(t, ONE, {
      threads,
      listener: `spread: ${spread},`,
      // On a busy machine all of the crowd must have come before the time of its first is over.
      more: 'timeouts: { tlsHandshake: 6s }',
      edit: (text) => text.replace('listeners: { web:', plain),
    });
    const port = balancer.balancer.addresses().find(({ listener }) => listener === 'web')!.port;
    const plainPort = balancer.balancer.addresses().find(({ listener }) => listener === 'plain')!.port;
    const kept = await openTls(port);
    const sockets: net.Socket[] = [];
    t.after(() => sockets.forEach((socket) => socket.destroy()));
    let closed = 0;
    for (let i = 0; i < all; i++) {
      const socket = net.connect(port, '127.0.0.1', () => socket.write('\x16'));
      socket.on('error', () => {});
      socket.on('close', () => closed++);
      sockets.push(socket.resume());
    }
    const connections = (): number => balancer.balancer.stats().workers.connections;
    await until(() => connections() >= 1000 * threads, 'a crowd');
    assert.equal((await requestOver(kept)).status, 200);
    const response = await fetch(`http://127.0.0.1:${plainPort}/`);
    assert.equal(response.status, 200);
    await response.text();
    assert.ok(connections() < 1100 * threads, `${connections()} of ${all}`);
    // Their time is over, the next ones have their turn, and those behind them.
    assert.equal((await askTls(port)).status, 200);
    await until(() => closed === all, 'the time of all is over');
    await until(
      () => handshakesOf(balancer).failures['timeout'] === all,
      () => JSON.stringify(handshakesOf(balancer)),
    );
    assert.equal((await requestOver(kept)).status, 200);
  });
}
