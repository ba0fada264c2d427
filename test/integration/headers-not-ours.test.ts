/** Headers that Fairlead neither sets nor reads, and that servers may believe. */
import assert from 'node:assert/strict';
import { answering, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { RawPeer } from '../support/segmented-socket.ts';

const mirror = answering((head) => ok(head));
async function seen(peer: RawPeer, request: string): Promise<string> {
  await peer.send(request);
  return (await readResponse(peer)).body;
}

function value(head: string, name: string): string | null {
  return new RegExp(`\\r\\n${name}: ([^\\r]*)\\r\\n`, 'i').exec(head)?.[1] ?? null;
}

proxied(
  'Proxy, which CGI makes a variable for outgoing requests of, reaches no endpoint, whoever sends it',
  { trustedProxies: ['127.0.0.0/8'] },
  mirror,
  async ({ client }) => {
    const lines = 'Proxy: http://evil:1\r\npROXY: http://evil:2\r\nProxy-X: 1\r\nX-Proxy: 2\r\nPrxy: 3\r\n';
    const head = await seen(await client(), get('/', lines));
    assert.doesNotMatch(head, /evil/);
    assert.deepEqual(
      ['Proxy-X', 'X-Proxy', 'Prxy'].map((name) => value(head, name)),
      ['1', '2', '3'],
    );
  },
);

proxied(
  'headers in which others claim an address pass as they came: they are not ours',
  {},
  mirror,
  async ({ client }) => {
    const names = ['X-Real-IP', 'Client-IP', 'True-Client-IP', 'X-Client-IP', 'CF-Connecting-IP'];
    const head = await seen(await client(), get('/', names.map((name) => `${name}: 192.0.2.7\r\n`).join('')));
    for (const name of names) assert.equal(value(head, name), '192.0.2.7', name);
  },
);
