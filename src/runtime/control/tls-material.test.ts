import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Certificate } from '../../certificates/certificate.ts';
import { createTlsMaterial } from './tls-material.ts';

const TLS = { minVersion: '1.2', unknownName: 'default', clientCertificate: null } as const;
const HTTP = ['http/1.1'];

function certificate(id: string, names: readonly string[], keyType = 'ec'): Certificate {
  return {
    file: id,
    source: 'certificates[0]',
    fingerprint: id,
    names,
    addresses: [],
    issuer: '',
    keyType,
    keyText: '',
    validFrom: 0,
    validTo: 0,
    secrets: { kind: 'pem', chain: id, privateKey: `key of ${id}` },
    ocsp: null,
  };
}

function chainsByName(certificates: readonly Certificate[]): Readonly<Record<string, string>> {
  const { identities, byName } = createTlsMaterial(
    'web',
    TLS,
    { certificates, ticketKeys: [], clientAuthorities: null },
    HTTP,
  );
  const chainsOf = (place: number): string =>
    identities[place].certificates.map((each) => (each.kind === 'pem' ? each.chain : '')).join('+');
  const named = [...byName].map(([name, place]): [string, string] => [name, chainsOf(place)]);
  return Object.fromEntries([['', chainsOf(0)], ...named]);
}

describe('what threads get of certificates', () => {
  it('what threads get of certificates has those with different keys for a name together', () => {
    const certificates = [
      certificate('ec', ['a.example', 'b.example']),
      certificate('rsa', ['b.example', 'a.example'], 'rsa'),
      certificate('other', ['c.example']),
      certificate('half', ['c.example', 'd.example'], 'rsa'),
    ];
    assert.deepEqual(chainsByName(certificates), {
      '': 'ec+rsa',
      'a.example': 'ec+rsa',
      'b.example': 'ec+rsa',
      'c.example': 'other+half',
      'd.example': 'half',
    });
  });

  it('what threads get of certificates begins with the first one, also where that has no name', () => {
    const certificates = [certificate('nameless', []), certificate('a', ['a.example'])];
    assert.deepEqual(chainsByName(certificates), { '': 'nameless', 'a.example': 'a' });
  });

  it('what threads get of certificates has another identity wherever anything that goes into it differs', () => {
    const one = certificate('a', ['a.example']);
    const identityOf = (
      listener: string,
      tls: Parameters<typeof createTlsMaterial>[1],
      of: Certificate,
      alpn = HTTP,
    ): string =>
      createTlsMaterial(listener, tls, { certificates: [of], ticketKeys: [], clientAuthorities: null }, alpn)
        .identities[0].id;
    const before = identityOf('web', TLS, one);
    assert.equal(identityOf('web', { ...TLS, unknownName: 'refuse' }, { ...one }), before);
    const others = [
      identityOf('other', TLS, one),
      identityOf('web', { ...TLS, minVersion: '1.3' }, one),
      identityOf('web', TLS, { ...one, secrets: { kind: 'pem', chain: 'a', privateKey: 'another key' } }),
      identityOf('web', TLS, { ...one, secrets: { kind: 'pem', chain: 'renewed', privateKey: 'key of a' } }),
      identityOf('web', TLS, { ...one, ocsp: Buffer.from('good') }),
      identityOf('web', TLS, one, []),
    ];
    assert.equal(new Set([before, ...others]).size, 7);
  });

  it('what threads get of a listener without certificates is that it answers to no name', () => {
    const { identities, byName } = createTlsMaterial(
      'web',
      TLS,
      { certificates: [], ticketKeys: [], clientAuthorities: null },
      HTTP,
    );
    assert.deepEqual([identities, [...byName]], [[], []]);
  });
});
