import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ROUTE_UPGRADES } from '../../core/shared/route-table.ts';
import { Stage, requestHead, responseHead } from '../../../test/support/exchange-stage.ts';
import type { StageOptions, StageUpstream } from '../../../test/support/exchange-stage.ts';

const BYTES = Buffer.from('bytes');

function tunnel(options: StageOptions = {}): { stage: Stage; upstream: StageUpstream } {
  const stage = new Stage(options);
  stage.request(requestHead({ upgrade: 'websocket' }));
  const upstream = stage.connect();
  stage.exchange.attempt?.onResponse(responseHead(101));
  assert.equal(stage.state, 'tunnel');
  return { stage, upstream };
}

describe('a tunnel', () => {
  it('a tunnel carries bytes both ways as they are, and counts them', () => {
    const { stage, upstream } = tunnel();
    stage.exchange.onRequestBody(BYTES, 0, 3);
    stage.exchange.attempt?.onResponseBody(BYTES, 0, 5);
    assert.deepEqual([upstream.sent, stage.client.sent, stage.client.body], ['GET end byt', '101 bytes', 'bytes']);
    assert.deepEqual([stage.exchange.record.bytesIn, stage.exchange.record.bytesOut], [3, 5]);
    assert.equal(stage.routes.total(1, ROUTE_UPGRADES), 1);
    stage.end();
  });

  it('a tunnel carries the end of each side across, and is over with the second', () => {
    for (const sides of [
      ['client', 'endpoint'],
      ['endpoint', 'client'],
    ]) {
      const { stage, upstream } = tunnel();
      for (const side of sides) {
        assert.equal(stage.state, 'tunnel');
        if (side === 'client') stage.exchange.onClientEnd();
        else stage.exchange.attempt?.onUpstreamEnd();
      }
      assert.deepEqual([stage.state, upstream.sent, stage.client.sent], ['idle', 'GET end fin', '101 fin']);
      assert.equal(stage.failed.length, 0);
      stage.end();
    }
  });

  it('a tunnel holds each side up while the other takes no more', () => {
    const { stage, upstream } = tunnel();
    upstream.isBlocked = true;
    stage.exchange.onRequestBody(BYTES, 0, 5);
    stage.client.isBlocked = true;
    stage.exchange.attempt?.onResponseBody(BYTES, 0, 5);
    assert.deepEqual([stage.client.isPaused, upstream.isPaused], [true, true]);
    upstream.isBlocked = false;
    stage.client.isBlocked = false;
    stage.exchange.attempt?.onUpstreamDrain();
    stage.exchange.onClientDrain();
    assert.deepEqual([stage.client.isPaused, upstream.isPaused], [false, false]);
    stage.end();
  });

  it('a tunnel ends when nothing has passed for tunnelIdle, whichever way the last bytes went', () => {
    const { stage, upstream } = tunnel({ timeouts: { tunnelIdleMs: 1000 } });
    stage.advance(900);
    stage.exchange.onRequestBody(BYTES, 0, 5);
    stage.advance(900);
    stage.exchange.attempt?.onResponseBody(BYTES, 0, 5);
    stage.advance(900);
    assert.equal(stage.state, 'tunnel');
    stage.advance(200);
    assert.deepEqual([stage.failed[0].reason, upstream.isKept], ['tunnel-idle', false]);
    stage.end();
  });

  it('a tunnel keeps its place under maxRequests for as long as it is open', () => {
    const queue = { maxWaiting: 10, timeoutMs: 0, targetMs: 0, holdMs: 0 };
    const { stage } = tunnel({ ports: [1], pool: { maxRequests: 1, queue } });
    assert.ok(stage.pool.isFull());
    stage.exchange.onClientEnd();
    assert.ok(stage.pool.isFull());
    stage.exchange.attempt?.onUpstreamEnd();
    assert.ok(!stage.pool.isFull());
    stage.end();
  });

  it('a tunnel that the endpoint breaks is broken for the client', () => {
    const { stage } = tunnel();
    stage.fail('reset', true);
    assert.deepEqual([stage.client.sent, stage.failed[0].reason], ['101 cut', 'upstream-reset']);
    stage.end();
  });

  it('a 101 that nobody asked for is an error, and no tunnel', () => {
    for (const [asked, given] of [
      ['', 'websocket'],
      ['websocket', 'h2c'],
    ]) {
      const stage = new Stage();
      stage.request(requestHead({ upgrade: asked }));
      stage.connect();
      stage.exchange.attempt?.onResponse(responseHead(101, { upgrade: given }));
      assert.equal(stage.client.faultCode, 'unexpected-upgrade');
      stage.end();
    }
  });
});
