import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServerNames, coversName, hasSessions, passedNames } from './server-names.ts';

const TO = { pool: 'legacy', idleMs: 1, halfClosedMs: 1, connectMs: 1 };
const TLS = {
  certificates: [],
  acme: [],
  minVersion: '1.2',
  unknownName: 'default',
  ticketKeys: '',
  clientCertificate: null,
} as const;

describe('the names that clients of TLS ask for', () => {
  const names = new ServerNames([
    ['a.example', 'name'],
    ['*.example', 'wildcard'],
    ['*.deep.example', 'deep'],
  ]);

  it('a name comes before a wildcard, which stands for one label and for no more or less', () => {
    const found = ['a.example', 'b.example', 'b.deep.example', 'b.a.deep.example', 'example', 'deep.example', 'other'];
    assert.deepEqual(
      found.map((name) => names.find(name)),
      ['name', 'wildcard', 'deep', undefined, undefined, 'wildcard', undefined],
    );
  });

  it('nothing stands for a client that asks for no name', () => {
    assert.equal(names.find(''), undefined);
  });

  it('a listener says which of its names it does not open, if there are any', () => {
    const tls = { ...TLS, passthrough: [{ name: '*.old.example', to: TO }] };
    assert.equal(passedNames({ tls })?.find('a.old.example'), 'legacy');
    assert.equal(passedNames({ tls })?.find('old.example'), undefined);
    assert.equal(passedNames({ tls: TLS }), null);
    assert.equal(passedNames({ tls: null }), null);
  });

  it('connections of a listener become sessions where it has tcp or passes some of them on', () => {
    const passthrough = [{ name: 'a.example', to: TO }];
    assert.ok(hasSessions({ tcp: TO, tls: null }));
    assert.ok(hasSessions({ tls: { ...TLS, passthrough } }));
    assert.ok(!hasSessions({ tls: TLS }));
    assert.ok(!hasSessions({ tls: null }));
  });

  it('a set of names has those that stand in it and those under a wildcard, and an empty one has all, and the lack of one', () => {
    const set = new Set(['a.example', '*.b.example']);
    for (const name of ['a.example', 'x.b.example', '*.b.example']) assert.ok(coversName(set, name), name);
    const others = ['', 'example', 'b.example', 'x.y.b.example', 'x.a.example', 'aa.example', '127.0.0.1'];
    for (const name of others) assert.ok(!coversName(set, name), name);
    for (const name of ['', 'a.example', '127.0.0.1']) assert.ok(coversName(new Set(), name));
  });
});
