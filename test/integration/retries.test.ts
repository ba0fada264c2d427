/** Second attempts: what may be sent again, with what body, to whom, and what is counted for it. */
import assert from 'node:assert/strict';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { EJECTION } from '../support/data-plane.ts';
import { END_OF_HEAD, answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { Script } from '../support/proxied.ts';
import type { RawPeer } from '../support/segmented-socket.ts';
import { until } from '../support/until.ts';

const NO_EJECTION = { ...EJECTION, enabled: false };

async function readRequest(peer: RawPeer): Promise<{ head: string; body: string } | null> {
  const head = await peer.readUntil(END_OF_HEAD).catch(() => '');
  if (head === '') return null;
  if (!/transfer-encoding: chunked/i.test(head)) {
    return { head, body: await peer.readBytes(Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0)) };
  }
  let body = '';
  for (;;) {
    const size = Number.parseInt(await peer.readUntil('\r\n'), 16);
    if (size > 0) body += await peer.readBytes(size);
    await peer.readUntil('\r\n');
    if (size === 0) return { head, body };
  }
}

/** The first request of each test that gets here is met by a reset, all others are echoed. */
function failingFirst(how: 'end' | 'reset' = 'reset'): { script: Script; seen: string[]; begin(): void } {
  const seen: string[] = [];
  let hasFailed = false;
  return {
    seen,
    begin() {
      seen.length = 0;
      hasFailed = false;
    },
    async script(peer) {
      for (let request = await readRequest(peer); request !== null; request = await readRequest(peer)) {
        seen.push(`${request.head.split(' ')[0]} ${request.body}`);
        if (!hasFailed) {
          hasFailed = true;
          peer[how]();
          return;
        }
        await peer.send(ok(request.body));
      }
    },
  };
}

for (const how of ['end', 'reset'] as const) {
  const failing = failingFirst(how);
  proxied(
    `a PUT whose connection ends by ${how} before the answer is sent again with its body, of known length or chunked`,
    { endpoints: 2, pool: { ejection: NO_EJECTION } },
    failing.script,
    async ({ client }) => {
      for (const request of [
        'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nthe body',
        'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nthe\r\n5\r\n body\r\n0\r\n\r\n',
      ]) {
        failing.begin();
        const peer = await client();
        await peer.send(request);
        const response = await readResponse(peer);
        assert.equal(response.status, 200);
        assert.equal(response.body, 'the body');
        assert.deepEqual(failing.seen, ['PUT the body', 'PUT the body']);
      }
    },
  );
}

const posts = failingFirst();
proxied(
  'a POST is never sent twice, unless it carries an Idempotency-Key',
  { endpoints: 2, pool: { ejection: NO_EJECTION } },
  posts.script,
  async ({ client }) => {
    const post = (more: string): string => `POST / HTTP/1.1\r\nHost: a\r\n${more}Content-Length: 4\r\n\r\nbody`;
    posts.begin();
    const plain = await client();
    await plain.send(post(''));
    const response = await readResponse(plain);
    assert.equal(response.status, 502);
    assert.match(response.head, /\r\nFairlead-Error: upstream-(?:reset|closed)\r\n/);
    assert.deepEqual(posts.seen, ['POST body']);
    posts.begin();
    const keyed = await client();
    await keyed.send(post('Idempotency-Key: 7\r\n'));
    assert.equal((await readResponse(keyed)).body, 'body');
    assert.deepEqual(posts.seen, ['POST body', 'POST body']);
  },
);

const patches = failingFirst();
proxied(
  'unknown methods, PATCH and a method in lower case are not idempotent',
  { endpoints: 2, pool: { ejection: NO_EJECTION } },
  patches.script,
  async ({ client }) => {
    for (const method of ['PATCH', 'BREW', 'get']) {
      patches.begin();
      const peer = await client();
      await peer.send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
      assert.equal((await readResponse(peer)).status, 502, method);
      assert.equal(patches.seen.length, 1);
    }
  },
);

const large = failingFirst();
proxied(
  'a body over replayBuffer is not sent again, nor kept',
  {
    endpoints: 2,
    pool: { ejection: NO_EJECTION },
    retry: { replayBytes: 100 },
  },
  large.script,
  async ({ client }) => {
    for (const [length, status] of [
      [100, 200],
      [101, 502],
    ]) {
      large.begin();
      const peer = await client();
      await peer.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`);
      assert.equal((await readResponse(peer)).status, status);
      assert.equal(large.seen.length, status === 200 ? 2 : 1);
    }
  },
);

proxied(
  'a body larger than replayBuffer moves on from refused connects, held back until there is a connection',
  { endpoints: 1, deadPorts: 2, retry: { replayBytes: 1000 } },
  async (peer) => {
    const request = await readRequest(peer);
    await peer.send(ok(String(request?.body.length)));
  },
  async ({ client }) => {
    const peer = await client();
    await peer.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n${'x'.repeat(300_000)}`);
    const response = await readResponse(peer);
    // Nothing was sent to those that refused, so what was read so far is still there, however much it was.
    assert.equal(response.body, '300000');
  },
);

proxied(
  'a reused connection that closes under a GET is replaced, and the endpoint is not blamed',
  {},
  async (peer) => {
    // Serves one request, and closes on the second.
    const first = await readRequest(peer);
    if (first === null) return;
    await peer.send(ok('served'));
    if ((await readRequest(peer)) !== null) peer.end();
  },
  async ({ client, plane, servers }) => {
    const peer = await client();
    for (let index = 0; index < 3; index++) {
      await peer.send(get());
      assert.equal((await readResponse(peer)).body, 'served');
    }
    assert.equal(servers[0].peers.length, 3);
    assert.equal(failuresInARow(plane.table.failures, 0), 0);
    assert.deepEqual(plane.reports, []);
  },
);

proxied(
  'a POST on a connection that closes under it is a 502, though the endpoint had proved to keep them',
  {},
  async (peer) => {
    for (let index = 0; index < 2; index++) {
      if ((await readRequest(peer)) === null) return;
      await peer.send(ok('served'));
    }
    if ((await readRequest(peer)) !== null) peer.end();
  },
  async ({ client, servers }) => {
    const peer = await client();
    for (let index = 0; index < 2; index++) {
      await peer.send(get());
      assert.equal((await readResponse(peer)).body, 'served');
    }
    await peer.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
    const response = await readResponse(peer);
    assert.equal(response.status, 502);
    assert.match(response.head, /Fairlead-Error: upstream-closed\r\n/);
    assert.equal(servers[0].peers.length, 1);
  },
);

proxied(
  'nothing is sent again once a part of an answer has come',
  { endpoints: 2, pool: { ejection: NO_EJECTION } },
  async (peer) => {
    await readRequest(peer);
    await peer.send('HTTP/1.1 200 OK\r\nContent-Le');
    peer.end();
  },
  async ({ client, servers }) => {
    const peer = await client();
    await peer.send(get());
    assert.equal((await readResponse(peer)).status, 502);
    assert.equal(servers[0].peers.length + servers[1].peers.length, 1);
  },
);

proxied(
  'attempts are bounded, go to endpoints not tried yet, and each failure is counted',
  { endpoints: 4, pool: { ejection: NO_EJECTION } },
  async (peer) => {
    await readRequest(peer);
    peer.reset();
  },
  async ({ client, servers, plane }) => {
    const peer = await client();
    await peer.send(get());
    const response = await readResponse(peer);
    assert.equal(response.status, 502);
    assert.deepEqual(servers.map((server) => server.peers.length).sort(), [0, 1, 1, 1]);
    assert.deepEqual([0, 1, 2, 3].map((slot) => failuresInARow(plane.table.failures, slot)).sort(), [0, 1, 1, 1]);
  },
);

proxied(
  'with retryOn empty the first failure is passed on',
  { endpoints: 1, deadPorts: 1, retry: { onConnect: false, onReset: false, replayBytes: 100 } },
  async (peer) => {
    await readRequest(peer);
    peer.reset();
  },
  async ({ client }) => {
    const codes: string[] = [];
    for (let index = 0; index < 2; index++) {
      const peer = await client();
      await peer.send(get());
      codes.push(/Fairlead-Error: (\S+)/.exec((await readResponse(peer)).head)?.[1] ?? '');
    }
    assert.deepEqual(codes.sort(), ['connect-failed', 'upstream-reset']);
  },
);

proxied(
  'statuses of the list and broken bodies count against an endpoint, its other answers end the row',
  { pool: { ejection: { ...EJECTION, failures: 3, statuses: [503] } } },
  answering((head) => {
    if (head.startsWith('GET /503')) return 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n';
    if (head.startsWith('GET /500')) return 'HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n';
    return ok('fine');
  }),
  async ({ client, plane }) => {
    const peer = await client();
    const send = async (path: string): Promise<number> => {
      await peer.send(get(path));
      await readResponse(peer);
      return failuresInARow(plane.table.failures, 0);
    };
    assert.deepEqual([await send('/503'), await send('/503'), await send('/'), await send('/500')], [1, 2, 0, 0]);
    for (let index = 0; index < 3; index++) await send('/503');
    await until(() => plane.reports.some((report) => report.type === 'failures-reached'), 'the row is reported');
  },
);
