/** Whatever an endpoint sends, a check is decided after a bounded part of it: no probe here is ever called off. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import type { HttpCheckSpec } from '../core/snapshot.ts';
import { probeHttp } from './http-probe.ts';
import type { ProbeResult } from './probe.ts';

const CHECK = {
  kind: 'http',
  path: '/',
  method: 'GET',
  headers: {},
  status: [[200, 399]],
  body: '',
  port: 0,
  host: '',
};

/** Sends `begin`, then `more` for as long as anybody takes it. */
async function probe(t: TestContext, begin: string, more: string, body = ''): Promise<ProbeResult> {
  const server = net.createServer((socket) => {
    const send = (): void => {
      while (more !== '' && !socket.destroyed && socket.write(more)) {
        // The system takes more.
      }
    };
    socket.on('error', () => {});
    socket.on('drain', send);
    socket.once('data', () => {
      socket.write(begin);
      send();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const check = { ...CHECK, body } as unknown as HttpCheckSpec;
  return probeHttp({ check, address: '127.0.0.1', port, authority: 'a' }, new AbortController().signal);
}

const OK = 'HTTP/1.1 200 OK\r\n';
const many = (piece: string): string => piece.repeat(Math.ceil(32_768 / piece.length));

describe('an http check', () => {
  const endless: readonly (readonly [string, string, string, string, RegExp])[] = [
    ['103s', '', many('HTTP/1.1 103 Early Hints\r\n\r\n'), '', /more than 8 interim answers/],
    ['103s with long heads', '', many(`HTTP/1.1 103 A\r\nLink: ${'x'.repeat(8000)}\r\n\r\n`), '', /interim answers/],
    ['empty lines before an answer', '', many('\r\n'), '', /./],
    ['a status line', 'HTTP/1.1 200 ', many('OK'), '', /./],
    ['a header', `${OK}a: `, many('b'), '', /overflow/i],
    ['headers', OK, many('a: b\r\n'), '', /overflow/i],
    [
      'a body without the text',
      `${OK}Connection: close\r\n\r\n`,
      many('x'),
      'needle',
      /does not have the expected text/,
    ],
    [
      'chunks of one byte',
      `${OK}Transfer-Encoding: chunked\r\n\r\n`,
      many('1\r\nx\r\n'),
      'needle',
      /goes on after 96 KiB/,
    ],
    ['a chunk extension', `${OK}Transfer-Encoding: chunked\r\n\r\n1;`, many('x'), 'needle', /./],
    ['trailers', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n`, many('a: b\r\n'), 'needle', /./],
  ];
  for (const [what, begin, more, body, reason] of endless) {
    it(`an http check bounds ${what} without end`, { timeout: 60_000 }, async (t) => {
      const result = await probe(t, begin, more, body);
      assert.equal(result.outcome, 'fail', result.reason);
      assert.match(result.reason, reason);
    });
  }

  it('an http check passes after a few interim answers, whatever follows the head that decides', async (t) => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(8);
    const result = await probe(t, `${hints}${OK}Connection: close\r\n\r\n`, many('x'));
    assert.deepEqual([result.outcome, result.reason], ['pass', 'status 200']);
  });

  it('an http check that is answered 101 has failed by that answer, and is not waited for', async (t) => {
    const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const { outcome, reason, unanswered } = await probe(t, switching, '');
    assert.deepEqual([outcome, reason, unanswered], ['fail', 'status 101', null]);
  });

  it('an http check finds a text within the first 64 KiB of a body of any length, and none behind them', async (t) => {
    const head = `${OK}Connection: close\r\n\r\n`;
    const inside = await probe(t, `${head}${'x'.repeat(65_530)}needle`, many('x'), 'needle');
    assert.equal(inside.outcome, 'pass', inside.reason);
    const behind = await probe(t, `${head}${'x'.repeat(65_536)}needle`, many('x'), 'needle');
    assert.match(behind.reason, /does not have the expected text/);
  });

  it('an http check takes a hundred header lines and no more', async (t) => {
    const lines = (count: number): string => `${OK}Content-Length: 0\r\n${'a: b\r\n'.repeat(count - 1)}\r\n`;
    assert.equal((await probe(t, lines(100), '')).outcome, 'pass');
    assert.match((await probe(t, lines(101), '')).reason, /more than 100 header lines/);
  });
});
