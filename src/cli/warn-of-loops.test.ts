import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configOf } from '../../test/support/running-balancer.ts';
import { listWarnings } from './config-warnings.ts';
import { warnOfLoops } from './warn-of-loops.ts';

const OWN = ['127.0.0.1', '::1', '192.0.2.7', 'fe80::1%eth0', '2001:db8::7'];

/** Whether an endpoint leads back to a listener. */
function isLoop(listener: string, endpoint: string): boolean {
  const text = `listeners: { web: ${JSON.stringify(listener)} }\npools: { web: [${JSON.stringify(endpoint)}] }`;
  return warnOfLoops(configOf(text), OWN).length > 0;
}

const SAME: readonly (readonly [string, string])[] = [
  ['127.0.0.1:8080', 'localhost:8080'],
  ['127.0.0.1:8080', '127.0.0.1:8080'],
  ['127.0.0.1:8080', '[::ffff:127.0.0.1]:8080'],
  ['127.0.0.1:8080', '0.0.0.0:8080'],
  ['[::1]:8080', 'localhost:8080'],
  ['[::1]:8080', '[0:0::1]:8080'],
  ['localhost:8080', '127.0.0.1:8080'],
  [':8080', 'localhost:8080'],
  [':8080', '127.9.9.9:8080'],
  [':8080', '192.0.2.7:8080'],
  [':8080', '[2001:db8:0::7]:8080'],
  ['[::]:8080', '192.0.2.7:8080'],
  ['0.0.0.0:8080', '192.0.2.7:8080'],
  ['192.0.2.7:8080', '192.0.2.7:8080'],
  ['unix:/run/web.sock', 'unix:/run/web.sock'],
  ['unix:/run/web.sock', 'unix:/run/../run/web.sock'],
  ['unix:@web', 'unix:@web'],
];

const OTHERS: readonly (readonly [string, string])[] = [
  ['127.0.0.1:8080', 'localhost:8081'],
  ['127.0.0.1:8080', '127.0.0.2:8080'],
  ['127.0.0.1:8080', '[::1]:8080'],
  ['127.0.0.1:8080', '192.0.2.7:8080'],
  ['0.0.0.0:8080', '[::1]:8080'],
  [':8080', '192.0.2.8:8080'],
  [':8080', 'some.example:8080'],
  ['127.0.0.1:0', '127.0.0.1:8080'],
  ['unix:/run/web.sock', 'unix:/run/other.sock'],
  ['unix:/run/web.sock', 'unix:@/run/web.sock'],
  ['unix:/run/web.sock', 'localhost:8080'],
  [':8080', 'unix:/run/web.sock'],
];

describe('a warning of a pool that leads back to its own listener', () => {
  for (const [listener, endpoint] of SAME)
    it(`a pool leads back to its listener at ${listener} by its endpoint ${endpoint}`, () =>
      assert.ok(isLoop(listener, endpoint)));
  for (const [listener, endpoint] of OTHERS)
    it(`a pool does not lead back to its listener at ${listener} by its endpoint ${endpoint}`, () =>
      assert.ok(!isLoop(listener, endpoint)));

  it('a warning of a loop names pool, endpoint and listener, once, among the other warnings', () => {
    const text = 'listeners: { a: ":8080", b: ":8081" }\npools: { web: ["localhost:8080", "localhost:9"] }';
    assert.deepEqual(listWarnings(configOf(text)), [
      'pool web: localhost:8080 is the listener a of this config, which leads back to this pool: requests go round until they fail',
    ]);
  });

  it('a listener that only passes on to another one is no loop, and one that does so in a circle is', () => {
    const chain = (inner: string): readonly string[] =>
      warnOfLoops(
        configOf(`
listeners:
  outer: { address: ":443", tls: { passthrough: { a.example: inner } } }
  inner: ":8443"
routes: [{ match: { host: a.example }, pool: web }, { redirect: "http://x.example" }]
pools: { inner: ["127.0.0.1:8443"], web: ["${inner}"] }`),
        OWN,
      );
    assert.deepEqual(chain('localhost:3000'), []);
    assert.equal(chain('localhost:443').length, 2);
  });

  it('datagrams come back by a listener of UDP alone', () => {
    const warned = (listeners: string): boolean =>
      warnOfLoops(
        configOf(`listeners: { ${listeners} }\npools: { dns: ["127.0.0.1:53"], other: ["127.0.0.1:9"] }`),
        OWN,
      ).length > 0;
    assert.ok(warned('a: { address: ":53", udp: dns }'));
    assert.ok(warned('a: { address: ":53", tcp: dns }'));
    assert.ok(!warned('a: { address: ":54", udp: dns }, b: { address: ":53", tcp: other }'));
  });
});
