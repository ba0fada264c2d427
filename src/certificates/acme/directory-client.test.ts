/** What an authority, or whoever stands in its place, may do to us; how it is spoken with: test/long/acme.test.ts. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { createSelfSigned } from '../../../test/support/self-signed.ts';
import { DirectoryClient } from './directory-client.ts';
import type { Resource } from './directory-client.ts';

const OWN = createSelfSigned('localhost', '127.0.0.1');
const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const NOW = Date.UTC(2026, 10, 28);

interface Asked {
  readonly client: DirectoryClient;
  readonly giveUp: AbortController;
  /** Asks for a resource as an account does. */
  post(path: string): Promise<Resource>;
}

/** Every answer of the server has a nonce. */
async function ask(
  t: TestContext,
  answer: RequestListener,
  { ca = OWN.cert }: { readonly ca?: string | null } = {},
): Promise<Asked> {
  const server = https.createServer({ cert: OWN.cert, key: OWN.key }, (request, response) => {
    response.setHeader('Replay-Nonce', 'nonce');
    if (request.url === '/directory') {
      const all = Object.fromEntries(['newNonce', 'newAccount', 'newOrder'].map((name) => [name, `${base}/${name}`]));
      response.end(JSON.stringify(all));
    } else if (request.url === '/newNonce') response.end();
    else answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const giveUp = new AbortController();
  const client = new DirectoryClient({
    ...{ url: `${base}/directory`, ca, userAgent: 'fairlead/test', signal: giveUp.signal },
    wallTime: () => NOW,
  });
  t.after(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  const post = (path: string): Promise<Resource> =>
    client.post(path.startsWith('/') ? base + path : path, null, { key, account: `${base}/account` });
  return { client, giveUp, post };
}

describe('a client of a directory', () => {
  it('a client of a directory takes whatever is no map for an empty one, and reads how long to wait', async (t) => {
    const waits = ['7', 'Sat, 28 Nov 2026 00:01:00 GMT', 'Thu, 01 Jan 1970 00:00:00 GMT', 'soon', '-5', '99999999999'];
    const { post } = await ask(t, (request, response) => {
      response.setHeader('Retry-After', waits[Number(request.url?.slice(1))]);
      response.end('[1, 2]');
    });
    const read: number[] = [];
    for (const index of waits.keys()) {
      const { fields, retryAfterMs } = await post(`/${index}`);
      assert.deepEqual(fields, {});
      read.push(retryAfterMs);
    }
    assert.deepEqual(read, [7000, 60_000, 0, 0, 0, 0]);
  });

  it('a client of a directory follows no redirect, and asks nobody without TLS', async (t) => {
    const { post } = await ask(t, (_request, response) => {
      response.writeHead(302, { location: 'https://127.0.0.1:1/elsewhere' }).end();
    });
    await assert.rejects(post('/x'), { name: 'AcmeError', message: 'the authority answers 302' });
    await assert.rejects(post('http://127.0.0.1:1/x'), { message: 'the authority names an address that is not https' });
    await assert.rejects(post('file:///etc/passwd'), { message: 'the authority names an address that is not https' });
  });

  it('a client of a directory does not read without end', async (t) => {
    const { post } = await ask(t, (_request, response) => {
      response.end(Buffer.alloc(600 * 1024, 'x'));
    });
    await assert.rejects(post('/x'), { message: 'the authority answers with more than 512 KiB' });
  });

  it('a client of a directory tells nobody anything whose certificate it does not know', async (t) => {
    let isAsked = false;
    const { post } = await ask(t, () => (isAsked = true), { ca: null });
    await assert.rejects(post('/x'), { message: /^127\.0\.0\.1:\d+ cannot be asked: DEPTH_ZERO_SELF_SIGNED_CERT$/ });
    assert.equal(isAsked, false);
  });

  it('a client of a directory says what is refused, and how long it is to stay away', async (t) => {
    const problem = { type: 'urn:ietf:params:acme:error:rateLimited', detail: 'too many\r\nof them' };
    const { post } = await ask(t, (_request, response) => {
      response.writeHead(429, { 'retry-after': '3600' }).end(JSON.stringify(problem));
    });
    await assert.rejects(post('/x'), {
      message: 'the authority answers 429: too many of them (rateLimited)',
      type: 'rateLimited',
      retryAfterMs: 3_600_000,
    });
  });

  it('a client of a directory gives up after twenty nonces that are refused', async (t) => {
    let tries = 0;
    const { post } = await ask(t, (_request, response) => {
      tries++;
      response.writeHead(400).end(JSON.stringify({ type: 'urn:ietf:params:acme:error:badNonce', detail: 'old' }));
    });
    await assert.rejects(post('/x'), { type: 'badNonce' });
    // Each refusal brings the next nonce; the first one was asked for.
    assert.equal(tries, 20);
  });

  it('a client of a directory that is told to give up says nothing of the authority', async (t) => {
    const { post, giveUp } = await ask(t, () => giveUp.abort(new Error('closed')));
    await assert.rejects(post('/x'), { message: 'closed' });
  });
});
