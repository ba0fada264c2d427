import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NO_GLIMPSE, glimpseOf } from './glimpse.ts';

describe('a glimpse of a refused request', () => {
  const cases: readonly (readonly [string, string, Partial<typeof NO_GLIMPSE>])[] = [
    [
      'a whole head',
      'GET /a?b HTTP/1.1\r\nHost: x:1\r\n\r\n',
      { method: 'GET', target: '/a?b', host: 'x:1', version: 11 },
    ],
    ['a head that is not all there', 'POST /a HTTP/1.0\r\nHo', { method: 'POST', target: '/a', version: 10 }],
    ['a host that is not all there', 'GET / HTTP/1.1\r\nHost: exam', { method: 'GET', target: '/', version: 11 }],
    ['a lone line feed', 'GET /a HTTP/1.1\nhost:x\n\n', { method: 'GET', target: '/a', host: 'x', version: 11 }],
    ['a target without an end', `GET /${'a'.repeat(9000)}`, { method: 'GET', target: `/${'a'.repeat(4095)}` }],
    ['a control character in the target', 'GET /a\x01b HTTP/1.1\r\n\r\n', { method: 'GET', target: '/a', version: 11 }],
    ['another version', 'GET /a HTTP/3.0\r\n\r\n', { method: 'GET', target: '/a' }],
    ['a method that is none', 'G@T /a HTTP/1.1\r\nHost: x\r\n\r\n', { target: '/a', host: 'x', version: 11 }],
    ['empty lines before it', '\r\n\r\nGET /a HTTP/1.1\r\n\r\n', { method: 'GET', target: '/a', version: 11 }],
    ['a method alone', 'BAD\r\n\r\n', {}],
    ['the hello of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 \x9c/', {}],
    ['a host with a blank in it', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', { method: 'GET', target: '/', version: 11 }],
    ['nothing', '', {}],
  ];
  for (const [what, head, known] of cases) {
    it(`a glimpse of a refused request has what is sure of ${what}`, () =>
      assert.deepEqual(glimpseOf(head), { ...NO_GLIMPSE, ...known }));
  }

  it('a glimpse of a refused request costs in proportion to the head', () => {
    const timeOf = (length: number): number => {
      const heads = ['\r', 'Host:', '\nhost: ', '\nhost:\t', ' '].map(
        (piece) => `GET / HTTP/1.1\r\n${piece.repeat(length)}`,
      );
      const began = process.threadCpuUsage();
      for (let round = 0; round < 20; round++) for (const head of heads) glimpseOf(head);
      const { user, system } = process.threadCpuUsage(began);
      return (user + system) / 1000;
    };
    timeOf(1000);
    // The least of several: now and then a collection falls into one.
    const leastOf = (length: number): number => Math.min(...[1, 2, 3, 4].map(() => timeOf(length)));
    const [short, long] = [leastOf(4000), leastOf(32_000)];
    assert.ok(long < 40 * short + 5, `${short} ms, ${long} ms for eight times as much`);
  });
});
