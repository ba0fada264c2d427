/** Requests that a client chooses because a server breaks on them: the server stays in, and is blamed for what is its fault. */
import assert from 'node:assert/strict';
import { failuresInARow } from '../../src/core/health/consecutive-failures.ts';
import { END_OF_HEAD, get, ok, proxied, readResponse } from '../support/proxied.ts';
import type { Script } from '../support/proxied.ts';
import { until } from '../support/until.ts';

const BODYLESS = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

/** Serves what has no `break` in it; else closes, resets, or answers nonsense, as its path or a header says. */
const breaking: Script = async (peer) => {
  for (;;) {
    const head = await peer.readUntil(END_OF_HEAD).catch(() => '');
    if (head === '') return;
    if (head.includes('switch'))
      await peer.send('HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    else if (!head.includes('break')) await peer.send(head.startsWith('HEAD') ? BODYLESS : ok('fine'));
    else if (head.includes('nonsense')) await peer.send('HTTP/1.1 nonsense\r\n\r\n');
    else if (head.includes('reset')) peer.reset();
    else if (head.includes('within')) {
      await peer.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n');
      peer.end();
    } else peer.end();
  }
};

function request(method: string, target: string, how: string, more = '', host = 'a'): string {
  return `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nX-How: ${how}\r\n${more}\r\n`;
}

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';

/** Method, target, other header lines, host. */
const CHOSEN: readonly (readonly [string, string, string, string?])[] = [
  ['GET', '/', '', 'unknown.test'],
  ['OPTIONS', '*', ''],
  ['PROPFIND', '/', ''],
  ['BREW', '/', ''],
  ['GET', '/', 'Range: bytes=1-2\r\n'],
  ['GET', '/', UPGRADE],
];

proxied(
  'closes and malformed answers to requests that have never succeeded at an endpoint do not count against it',
  { endpoints: 2 },
  breaking,
  async ({ client, plane }) => {
    const first = await client();
    for (let index = 0; index < 4; index++) {
      await first.send(get());
      assert.equal((await readResponse(first)).status, 200);
    }
    for (const [method, target, more, host] of CHOSEN) {
      for (const how of ['break', 'break reset', 'break nonsense', 'break within']) {
        const peer = await client();
        await peer.send(request(method, target, how, more, host));
        await until(() => peer.state !== 'open' || peer.receivedBytes > 0, 'it is answered or cut');
        peer.reset();
      }
    }
    await until(() => plane.plane.exchanges === 0, 'all have ended');
    assert.deepEqual([failuresInARow(plane.table.failures, 0), failuresInARow(plane.table.failures, 1)], [0, 0]);
    // That requests failed is told; nothing of it is told to who decides on health.
    assert.deepEqual(
      plane.reports.filter(({ type }) => type !== 'requests-failed'),
      [],
    );
  },
);

proxied(
  'once a request of that kind has succeeded, the next one that breaks counts',
  {},
  breaking,
  async ({ client, plane }) => {
    for (const [index, [method, target, more, host]] of CHOSEN.filter(([method]) => method !== 'BREW').entries()) {
      const peer = await client();
      const isUpgrade = more === UPGRADE;
      await peer.send(request(method, target, isUpgrade ? 'switch' : 'serve', more, host));
      assert.equal((await readResponse(peer)).status, isUpgrade ? 101 : 200);
      peer.reset();
      assert.equal(failuresInARow(plane.table.failures, 0), 0, `${index} ends the row`);
      const other = await client();
      await other.send(request(method, target, 'break nonsense', more, host));
      assert.equal((await readResponse(other)).status, 502);
      assert.equal(failuresInARow(plane.table.failures, 0), 1, method);
    }
  },
);

proxied(
  'an endpoint that breaks on every plain GET is blamed from the first one on',
  {},
  breaking,
  async ({ client, plane }) => {
    const peer = await client();
    await peer.send(request('GET', '/', 'break nonsense'));
    assert.equal((await readResponse(peer)).status, 502);
    assert.equal(failuresInARow(plane.table.failures, 0), 1);
  },
);
