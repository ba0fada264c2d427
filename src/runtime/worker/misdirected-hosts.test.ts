import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toConfig } from '../../config/to-config.ts';
import type { ListenerSpec } from '../../core/snapshot.ts';
import type { ConnectionFacts } from '../../net/transport.ts';
import { createMisdirection } from './misdirected-hosts.ts';

type Written = Readonly<Record<string, unknown>> | 'off';

function listenersOf(clientCertificate: Written): readonly ListenerSpec[] {
  const tls = { certificates: ['a.pem'], clientCertificate };
  const config = { listeners: { web: { address: ':443', tls }, plain: ':80' }, pools: { web: ['localhost:1'] } };
  return toConfig(config as Parameters<typeof toConfig>[0]).listeners;
}

/** `isAsked` null: the connection is not over TLS. */
function connection(
  listener: ListenerSpec,
  isAsked: boolean | null,
): { listener: ListenerSpec; facts: ConnectionFacts } {
  return { listener, facts: { tls: isAsked === null ? null : { isPeerAsked: isAsked } } as ConnectionFacts };
}

describe('hosts that are not for every connection', () => {
  it('hosts that are not for every connection are none where no listener asks for certificates', () => {
    assert.equal(createMisdirection(listenersOf('off')), null);
  });

  it('a host that wants a certificate is served to those who were asked for one, and any other to those who were not', () => {
    const listeners = listenersOf({ ca: 'ca.pem', names: ['secure.example', '*.inner.example'] });
    const [web, plain] = listeners;
    const policies = createMisdirection(listeners);
    const misdirected = (isAsked: boolean | null, host: string, listener = web): boolean | undefined =>
      policies?.isMisdirected(connection(listener, isAsked), host);
    for (const host of ['secure.example', 'a.inner.example']) {
      assert.equal(misdirected(true, host), false, host);
      assert.equal(misdirected(false, host), true, host);
      assert.equal(misdirected(null, host), true, 'by a connection that began before the listener ended TLS');
      assert.equal(misdirected(null, host, plain), false, 'a listener without TLS has no policy');
      assert.equal(misdirected(false, host, { ...web, id: 'former' }), true, 'one that is gone goes by its own');
    }
    for (const host of ['open.example', 'inner.example', 'a.b.inner.example', '127.0.0.1']) {
      assert.equal(misdirected(false, host), false, host);
      assert.equal(misdirected(true, host), true, host);
    }
  });

  it('a request without a host is of the policy of its connection, unless that holds for all', () => {
    const some = listenersOf({ ca: 'ca.pem', names: ['secure.example'] });
    for (const isAsked of [true, false])
      assert.equal(createMisdirection(some)?.isMisdirected(connection(some[0], isAsked), ''), false);
    const [web] = listenersOf({ ca: 'ca.pem' });
    const all = createMisdirection([web]);
    assert.equal(all?.isMisdirected(connection(web, true), ''), false);
    assert.equal(all?.isMisdirected(connection(web, false), ''), true);
    assert.equal(all?.isMisdirected(connection(web, true), 'any.example'), false);
  });

  it('a host whose TLS is not opened here is served on no connection', () => {
    const [web, plain] = toConfig({
      listeners: {
        web: { address: ':443', tls: { certificates: 'a.pem', passthrough: { '*.old.example': 'old' } } },
        plain: ':80',
      },
      pools: { web: ['localhost:1'], old: ['localhost:2'] },
    }).listeners;
    const policies = createMisdirection([web, plain]);
    assert.equal(policies?.isMisdirected(connection(web, false), 'a.old.example'), true);
    assert.equal(policies?.isMisdirected(connection(web, false), 'old.example'), false);
    assert.equal(policies?.isMisdirected(connection(web, false), ''), false);
    assert.equal(policies?.isMisdirected(connection(plain, null), 'a.old.example'), false);
  });

  it('a connection that began under a policy that is gone is served', () => {
    const [before] = listenersOf({ ca: 'ca.pem', names: ['secure.example'] });
    const [now] = listenersOf('off');
    const [other] = listenersOf({ ca: 'ca.pem' });
    const policies = createMisdirection([now, { ...other, id: 'other' }]);
    assert.equal(policies?.isMisdirected(connection(before, true), 'open.example'), false);
  });
});
