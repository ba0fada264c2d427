import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UNHEALTHY } from '../../core/shared/pool-table.ts';
import { CHUNKED_POST, Stage, requestHead } from '../../../test/support/exchange-stage.ts';
import { LEASE_ANY, LEASE_FRESH, LEASE_PROVED } from '../../upstream/waiter.ts';

describe('an attempt', () => {
  it('an attempt takes any kept connection for what may be sent twice, and else one of an endpoint that keeps them', () => {
    for (const [fields, want] of [
      [{}, LEASE_ANY],
      [{ method: 'PUT' }, LEASE_ANY],
      [{ method: 'POST' }, LEASE_PROVED],
      [{ method: 'POST', lines: 'Idempotency-Key: 1\r\n' }, LEASE_ANY],
    ] as const) {
      const stage = new Stage();
      stage.request(requestHead(fields));
      assert.equal(stage.exchange.attempt?.want, want, JSON.stringify(fields));
      stage.end();
    }
  });

  it('an attempt takes a new connection after a kept one that turned out closed', () => {
    const stage = new Stage();
    stage.request(requestHead());
    stage.connect(true);
    stage.fail('closed');
    assert.deepEqual([stage.state, stage.exchange.attempt?.want], ['connecting', LEASE_FRESH]);
    stage.end();
  });

  it('an attempt goes to an endpoint that is healthy, and to any where none is', () => {
    const stage = new Stage();
    stage.table.setHealth(0, UNHEALTHY);
    for (let request = 0; request < 4; request++) {
      stage.request(requestHead());
      assert.equal(stage.exchange.attempt?.endpoint?.slot, 1);
      stage.connect();
      stage.answer();
    }
    stage.table.setHealth(1, UNHEALTHY);
    stage.request(requestHead());
    assert.equal(stage.state, 'connecting');
    stage.end();
  });

  it('an attempt tells its endpoint how much is left of the time that the client gave', () => {
    const stage = new Stage();
    stage.request(requestHead({ lines: 'grpc-timeout: 2S\r\n' }));
    stage.advance(500);
    const { ownLines } = stage.connect();
    assert.match(ownLines, /^grpc-timeout: 1[45]\d\dm\r\n$/);
    stage.end();
  });

  it('an attempt that has to wait for a connection fails when it has waited as long as a connect may take', () => {
    const stage = new Stage({ ports: [1], pool: { maxConnections: 1 }, timeouts: { connectMs: 500 } });
    assert.ok(stage.table.tryOpen(0, 1));
    stage.request(requestHead(CHUNKED_POST));
    assert.equal(stage.state, 'waiting');
    stage.advance(600);
    assert.equal(stage.client.faultCode, 'queue-timeout');
    // It is others that it waited for.
    assert.equal(stage.table.failures[0], 0);
    stage.table.closed(0);
    stage.end();
  });

  it('an attempt has perTry for itself, and the whole request responseHead for all of them', () => {
    const stage = new Stage({
      timeouts: { perTryMs: 400, responseHeadMs: 1200 },
      retry: { attempts: 10, onTimeout: true, backoffMs: 0 },
    });
    stage.request(requestHead());
    for (const attempts of [1, 2]) {
      stage.connect();
      assert.equal(stage.exchange.attemptCount, attempts);
      stage.advance(600);
    }
    stage.connect();
    stage.advance(200);
    assert.equal(stage.client.faultCode, 'response-timeout');
    stage.end();
  });
});
