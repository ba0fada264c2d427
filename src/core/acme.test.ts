import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { challengeFor } from './acme.ts';

const PLAIN = { host: '', port: 8080, tls: null };
const SOCKET = { host: 'unix:/run/web.sock', port: 0, tls: null };
const LAYER4 = { ...PLAIN, tcp: { pool: 'db' } };
const TLS = { certificates: [], acme: ['a.example'], minVersion: '1.2', unknownName: 'default' } as const;
const SECURE = { host: '', port: 443, tls: TLS };
const ELSEWHERE = { host: '', port: 8443, tls: TLS };

describe('the challenge of a listener', () => {
  const CASES = [
    ['at port 443', SECURE, [], 'auto', 'tls-alpn-01'],
    ['at port 443, beside plain HTTP', SECURE, [PLAIN], 'auto', 'tls-alpn-01'],
    ['at another port, beside plain HTTP', ELSEWHERE, [PLAIN], 'auto', 'http-01'],
    ['at another port, beside plain HTTP on a socket', ELSEWHERE, [SOCKET], 'auto', 'http-01'],
    ['at another port, beside layer 4', ELSEWHERE, [LAYER4], 'auto', null],
    ['at another port, beside TLS', ELSEWHERE, [SECURE], 'auto', null],
    ['at another port, where port 443 is said to lead there', ELSEWHERE, [], 'tls-alpn-01', 'tls-alpn-01'],
    ['at port 443, where it is chosen', SECURE, [PLAIN], 'http-01', 'http-01'],
    ['at port 443, where it is chosen and there is no plain HTTP', SECURE, [], 'http-01', null],
  ] as const;
  for (const [how, listener, others, wanted, challenge] of CASES) {
    it(`the challenge of a listener ${how} is ${challenge ?? 'none'} for ${wanted}`, () => {
      assert.equal(challengeFor(listener, [...others, listener], wanted), challenge);
    });
  }
});
