import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListenerSpec } from '../core/snapshot.ts';
import type { ConnectionFacts } from '../net/transport.ts';
import { ClientConnection } from './client-connection.ts';

const LISTENER: ListenerSpec = {
  id: 'web',
  host: '',
  port: 80,
  spread: 'kernel',
  halfClose: 'cancel',
  underscores: 'drop',
  proxyProtocol: null,
  tls: null,
};
const FACTS: ConnectionFacts = {
  scheme: 'https',
  alpn: '',
  serverName: '',
  peer: { address: '192.0.2.7', port: 7 },
  localPort: 8443,
  tls: null,
};

test('whether the peer is trusted is asked once, of whom the facts name', () => {
  const asked: string[] = [];
  const isTrusted = (address: string): boolean => asked.push(address) > 0;
  const connection = new ClientConnection(LISTENER, FACTS, { localAddress: '127.0.0.1' });
  const expected = { address: '192.0.2.7', scheme: 'https', localPort: 8443, isTrusted: true };
  assert.deepEqual(connection.peer(isTrusted), expected);
  assert.equal(connection.peer(isTrusted), connection.peer(isTrusted));
  assert.deepEqual(asked, ['192.0.2.7']);
});

test('a config that trusts others is asked anew on a connection that lives on', () => {
  const connection = new ClientConnection(LISTENER, FACTS, { localAddress: '127.0.0.1' });
  assert.equal(connection.peer(() => true).isTrusted, true);
  assert.equal(connection.peer(() => false).isTrusted, false);
});

test('the zone of a link-local peer is nobody else’s business, and does not count', () => {
  const facts = { ...FACTS, peer: { address: 'fe80::1%eth0', port: 7 } };
  const connection = new ClientConnection(LISTENER, facts, { localAddress: 'fe80::2%eth0' });
  assert.equal(connection.peer((address) => address === 'fe80::1').address, 'fe80::1');
  assert.equal(connection.peer((address) => address === 'fe80::1').isTrusted, true);
});
