import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configOf } from '../../test/support/running-balancer.ts';
import { listWarnings } from './config-warnings.ts';

const warningsOf = (text: string): readonly string[] => listWarnings(configOf(text));
const secret = 'secretFile: ./sticky.key';

describe('warnings of a config', () => {
  it('warnings of a config name every pool whose sticky cookies a restart ends, in one sentence', () => {
    const text = `
pools:
  a: { endpoints: [localhost:1], sticky: { cookie: a } }
  b: { endpoints: [localhost:2], sticky: { cookie: b, ${secret} } }
  c: { endpoints: [localhost:3], sticky: socket.io }
routes: [{ pool: a, match: { path: /a } }, { pool: b, match: { path: /b } }, { pool: c }]`;
    assert.deepEqual(warningsOf(text), [
      'pools a and c: sticky cookies hold until this process ends; a restart gives every client an endpoint anew, unless sticky.secretFile names a secret',
    ]);
  });

  it('warnings of a config name pools that would take one cookie from each other, and no others', () => {
    const warned = (hosts: readonly [string, string], servers: readonly [string, string], more = ''): boolean =>
      warningsOf(`
routes: [{ pool: a, match: { path: /a/*, host: ${hosts[0]} } }, { pool: b, match: { host: ${hosts[1]} } }]
pools:
  a: { endpoints: [${servers[0]}], sticky: { ${secret} } }
  b: { endpoints: [${servers[1]}], sticky: { ${secret} ${more} } }`).length > 0;
    assert.ok(warned(['x.example', 'x.example'], ['localhost:1', 'localhost:2']));
    assert.ok(warned(['x.example', '"*.example"'], ['localhost:1', 'localhost:2']));
    assert.ok(!warned(['x.example', 'y.example'], ['localhost:1', 'localhost:2']));
    assert.ok(!warned(['x.example', 'x.example'], ['localhost:1', 'localhost:1']));
    assert.ok(!warned(['x.example', 'x.example'], ['localhost:1', 'localhost:2'], ', cookie: other'));
    assert.ok(!warned(['x.example', 'x.example'], ['localhost:1', 'localhost:2'], ', path: /b'));
  });

  it('warnings of a config name listeners that tell endpoints of chains, where Node says nothing of them', () => {
    const text = (forward: string): string =>
      `listeners: { web: { address: ":443", tls: { certificates: a.pem, clientCertificate: { ca: ca.pem, ${forward} } } } }\npools: { a: [localhost:1] }`;
    const warned = (forward: string, node: string): readonly string[] => listWarnings(configOf(text(forward)), node);
    assert.match(
      warned('forward: on', '24.21.0').join(),
      /^listener web: Node 24\.21\.0 does not tell .* ca\.pem: put/,
    );
    assert.deepEqual(warned('forward: on', '26.10.0'), []);
    assert.deepEqual(warned('forward: off', '24.21.0'), []);
  });

  it('warnings of a config name pools whose endpoints nobody verifies', () => {
    const text = `
pools: { a: { endpoints: [localhost:1], tls: { verify: off } }, b: { endpoints: [localhost:2], tls: on } }
routes: [{ pool: a, match: { path: /a } }, { pool: b }]`;
    assert.deepEqual(warningsOf(text), [
      'pool a: whoever answers is taken for one of its endpoints (tls: { verify: off })',
    ]);
  });

  it('warnings of a config name listeners to which everybody may send a PROXY header', () => {
    const from = (networks: string): readonly string[] =>
      warningsOf(
        `listeners: { lb: { address: ":80", proxyProtocol: { from: ${networks} } } }\npools: { web: [localhost:1] }`,
      );
    assert.deepEqual(from('[10.0.0.0/8, "::/0"]'), [
      'listener lb: proxyProtocol.from names everybody (::/0): whoever connects chooses the address that counts as the client',
    ]);
    assert.deepEqual(from('[10.0.0.0/8, 192.0.2.0/30, unix]'), []);
  });

  it('warnings of a config name a redirect to https that nobody keeps from leading to itself', () => {
    const warned = (lines: string): boolean =>
      warningsOf(`routes: [{ redirect: https }, { pool: web }]\npools: { web: [localhost:1] }\n${lines}`).length > 0;
    assert.ok(warned(''));
    assert.ok(!warned('trustedProxies: [10.0.0.1]'));
    assert.ok(!warned('listeners: { web: ":80", secure: { address: ":443", tls: { certificates: a.pem } } }'));
  });
});
