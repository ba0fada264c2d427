import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClientHello } from '../../net/client-hello.ts';
import type { TlsProfile, TlsProfileOptions } from '../../net/tls.ts';
import type { TlsMaterial } from '../shared/tls-material.ts';
import { TlsListeners } from './tls-listeners.ts';

interface MadeProfile extends TlsProfile {
  readonly options: TlsProfileOptions;
}

/** 48 bytes that begin with 16 times this letter. */
function keyNamed(letter: string): Uint8Array {
  return Buffer.from(letter.repeat(16) + '-'.repeat(32));
}

/** What is made for each identity says its id in the place of a chain. */
function materialOf(listener: string, names: Readonly<Record<string, string>>, unknownName = 'default'): TlsMaterial {
  const ids = [...new Set(Object.values(names))];
  return {
    listener,
    minVersion: '1.2',
    unknownName: unknownName as TlsMaterial['unknownName'],
    alpn: ['http/1.1'],
    identities: ids.map((id) => ({
      id: `${listener} ${id}`,
      certificates: [{ kind: 'pem', chain: id, privateKey: '', ocsp: null }],
    })),
    ticketKeys: [keyNamed('k')],
    clientPolicy: null,
    byName: new Map(Object.entries(names).map(([name, id]) => [name, ids.indexOf(id)])),
  };
}

function setUp(...materials: readonly TlsMaterial[]): {
  readonly listeners: TlsListeners;
  readonly made: MadeProfile[];
  chosen(name: string, address?: string, listener?: string): string | null;
  /** The key of tickets in what a client with a ticket gets. */
  keyOf(ticketKeyName: string): string;
} {
  const made: MadeProfile[] = [];
  const listeners = new TlsListeners({
    createProfile: (options) => {
      const profile: MadeProfile = { role: 'server', options };
      made.push(profile);
      return profile;
    },
    handshakeTimeoutMs: () => 10_000,
  });
  listeners.apply(materials);
  return {
    listeners,
    made,
    chosen(serverName, address = '192.0.2.1', listener = 'web') {
      const profile = listeners.of(listener).choose({ serverName } as ClientHello, address) as MadeProfile | null;
      const certificate = profile?.options.certificates[0];
      return certificate === undefined ? null : 'chain' in certificate ? certificate.chain : '';
    },
    keyOf(ticketKeyName) {
      const hello = { serverName: 'a.example', ticketKeyName } as ClientHello;
      const profile = listeners.of('web').choose(hello, '') as MadeProfile;
      return profile.options.ticketKeys?.toString('latin1', 0, 1) ?? '';
    },
  };
}

describe('the names of a listener', () => {
  const NAMES = { 'first.example': '1', 'a.example': '2', '*.example': '3', '*.b.example': '4', '10.0.0.1': '5' };

  it('the names of a listener without certificates are all refused, whatever unknownName says', () => {
    const { chosen } = setUp(materialOf('web', {}));
    assert.deepEqual([chosen('a.example'), chosen('')], [null, null]);
  });

  it('the names of a listener are found exact, then by a wildcard in place of the first label, then the first', () => {
    const { chosen } = setUp(materialOf('web', NAMES));
    const expected = {
      'a.example': '2',
      'b.example': '3',
      'c.b.example': '4',
      'd.c.b.example': '1',
      example: '1',
      'other.test': '1',
      // Nobody asks for an address by name, but where somebody does it is no other one.
      '10.0.0.1': '5',
    };
    for (const [name, id] of Object.entries(expected)) assert.equal(chosen(name), id, name);
  });

  it('the names of a listener have the address that a client without a name came to among them', () => {
    const { chosen } = setUp(materialOf('web', NAMES));
    assert.equal(chosen('', '10.0.0.1'), '5');
    assert.equal(chosen('', '10.0.0.2'), '1');
  });

  it('the address that a client came to is needed only where it makes a difference', () => {
    const needs = (material: TlsMaterial, serverName: string): boolean =>
      setUp(material)
        .listeners.of('web')
        .needsAddress({ serverName } as ClientHello);
    const one = { 'a.example': '1', '10.0.0.1': '1' };
    assert.deepEqual(
      [needs(materialOf('web', NAMES), ''), needs(materialOf('web', NAMES), 'a.example')],
      [true, false],
    );
    assert.deepEqual([needs(materialOf('web', one), ''), needs(materialOf('web', one, 'refuse'), '')], [false, true]);
  });

  it('the names of a listener that refuses unknown ones are all that there is', () => {
    const { chosen } = setUp(materialOf('web', NAMES, 'refuse'));
    assert.equal(chosen('a.example'), '2');
    assert.equal(chosen('', '10.0.0.1'), '5');
    assert.deepEqual([chosen('other.test'), chosen('', '10.0.0.2'), chosen('example')], [null, null, null]);
  });

  it('a context is made when it is first asked for, once, and kept over a reload that leaves it as it is', () => {
    const { listeners, made, chosen } = setUp(materialOf('web', NAMES), materialOf('other', NAMES));
    assert.equal(made.length, 0);
    for (let i = 0; i < 3; i++) chosen('a.example');
    assert.equal(made.length, 1);
    chosen('a.example', '', 'other');
    assert.equal(made.length, 2, 'sessions of one listener are none of another');
    listeners.apply([materialOf('web', { ...NAMES, 'new.example': '6' }), materialOf('other', NAMES)]);
    chosen('a.example');
    assert.equal(made.length, 2);
    chosen('new.example');
    assert.equal(made.length, 3);
    // What is gone is made anew when it comes back.
    listeners.apply([materialOf('web', { 'x.example': '7' })]);
    listeners.apply([materialOf('web', NAMES)]);
    chosen('a.example');
    assert.equal(made.length, 4);
  });

  it('a client with a ticket gets the context of the key that made it, as long as that is good, else that of the newest', () => {
    const { listeners, made, keyOf } = setUp(materialOf('web', NAMES));
    const hex = (letter: string): string => Buffer.from(letter.repeat(16)).toString('hex');
    assert.equal(keyOf(''), 'k');
    assert.equal(keyOf(hex('x')), 'k');
    listeners.apply([{ ...materialOf('web', NAMES), ticketKeys: [keyNamed('l'), keyNamed('k')] }]);
    assert.equal(keyOf(''), 'l');
    assert.equal(keyOf(hex('l')), 'l');
    assert.equal(made.length, 2);
    assert.equal(keyOf(hex('k')), 'k');
    assert.equal(made.length, 2, 'the context before is kept for those who come back');
    listeners.apply([{ ...materialOf('web', NAMES), ticketKeys: [keyNamed('m'), keyNamed('l')] }]);
    assert.deepEqual([keyOf(hex('k')), keyOf(hex('l')), keyOf('')], ['m', 'l', 'm']);
    assert.equal(made.length, 3);
  });

  it('a client is asked for a certificate under the names of the policy alone, and of another policy by another context', () => {
    const { listeners, made } = setUp();
    const policy = { id: 'p', ca: 'CA', crls: ['LIST'], isRequired: true, isForwarded: true };
    const asked = (serverName: string, names: readonly string[], id = 'p'): unknown => {
      listeners.apply([{ ...materialOf('web', NAMES), clientPolicy: { ...policy, id, names } }]);
      const profile = listeners.of('web').choose({ serverName } as ClientHello, '10.0.0.1') as MadeProfile;
      return profile.options.clientPolicy;
    };
    const expected = { ca: 'CA', crls: ['LIST'], isRequired: true, needsChain: true };
    assert.deepEqual(asked('a.example', ['a.example', '*.b.example']), expected);
    assert.deepEqual(asked('x.b.example', ['a.example', '*.b.example']), expected);
    assert.equal(asked('b.example', ['a.example', '*.b.example']), null);
    assert.equal(asked('x.y.b.example', ['a.example', '*.b.example']), null);
    assert.equal(asked('', ['a.example', '*.b.example']), null);
    for (const name of ['a.example', 'unknown.test', '']) assert.deepEqual(asked(name, []), expected, name);
    const count = made.length;
    asked('a.example', []);
    assert.equal(made.length, count, 'other names of the same policy need no other context');
    asked('a.example', [], 'q');
    assert.equal(made.length, count + 1);
  });

  it('contexts are kept up to 4,096, and those that were asked for last', () => {
    const many = Object.fromEntries(Array.from({ length: 4097 }, (_none, i) => [`n${i}.example`, String(i)]));
    const { made, chosen } = setUp(materialOf('web', many));
    for (let i = 0; i < 4096; i++) chosen(`n${i}.example`);
    chosen('n0.example');
    chosen('n4096.example');
    assert.equal(made.length, 4097);
    chosen('n0.example');
    assert.equal(made.length, 4097);
    chosen('n1.example');
    assert.equal(made.length, 4098);
  });
});
