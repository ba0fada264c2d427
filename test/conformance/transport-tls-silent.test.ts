/** Peers that send TLS and say nothing: what OpenSSL answers them waits in memory that nobody counts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_SILENT_BYTES } from '../../src/net/node/tls-watch.ts';
import type { NodeEngine } from '../../src/net/node/transport.ts';
import { connectUpdating } from '../support/key-updates.ts';
import { until } from '../support/until.ts';
import { connectSecurely, listenSecurely, openTransport } from './transport-tls-stage.ts';
import { assertSameBytes, pattern } from './transport-stage.ts';

const PADDING = 16_000;

for (const engine of ['onread', 'data'] as NodeEngine[]) {
  test(`${engine}: a client that changes its keys again and again, and says nothing, is cut off, and no other one`, async (t) => {
    const transport = openTransport(t, engine);
    const listener = await listenSecurely(t, transport);
    const { secure: slow } = await connectSecurely(t, listener.port);
    const unread = await listener.next();
    unread.connection?.pause();
    const body = pattern(4 * MOST_SILENT_BYTES, 1);
    slow.write(body);
    const client = await connectUpdating(listener.port);
    t.after(() => client.raw.destroy());
    const accepted = await listener.next();
    for (let sent = 0; sent <= MOST_SILENT_BYTES; sent += PADDING) client.raw.write(client.nextRecord(PADDING));
    await until(() => accepted.reason !== null, 'it is cut off');
    assert.deepEqual(accepted.reason, { kind: 'tls', code: 'ERR_TLS_EMPTY_RECORDS' });
    assert.equal(accepted.received, 0);
    await until(() => listener.connectionCount === 1, 'it counts no more');
    // Nobody has read what it said: that is another thing.
    assert.equal(unread.reason, null);
    unread.connection?.resume();
    await until(() => unread.received === body.length, 'the other one says all');
    assertSameBytes(unread.bytes, body);
  });
}
