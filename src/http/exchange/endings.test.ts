import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FAULTS } from '../../core/errors.ts';
import { ROUTE_ABORTS, ROUTE_FAULTS } from '../../core/shared/route-table.ts';
import { CHUNKED_POST, Stage, requestHead, responseHead } from '../../../test/support/exchange-stage.ts';

describe('an error of ours', () => {
  it('an error of ours is JSON for a client whose Accept names JSON in any way, else text', () => {
    const isJson = (lines: string): boolean | undefined => {
      const stage = new Stage();
      stage.request(requestHead({ lines, target: '/%zz' }));
      stage.end();
      return stage.client.fault?.isJson;
    };
    for (const accept of ['application/json', 'text/html, application/json;q=0.9', 'application/problem+json'])
      assert.equal(isJson(`Accept: ${accept}\r\n`), true, accept);
    assert.equal(isJson('Accept: text/html\r\nX: y\r\naccept: application/JSON\r\n'), true);
    for (const lines of ['', 'Accept: text/html\r\n', 'X-Accept: application/json\r\n'])
      assert.equal(isJson(lines), false, lines);
  });

  it('an error of ours is counted for its route, and one of a request that met no route apart from all', () => {
    const stage = new Stage({ routes: [{ match: { path: { kind: 'exact', value: '/there' } } }] } as object);
    stage.request(requestHead({ target: '/elsewhere' }));
    assert.deepEqual([stage.client.faultCode, stage.routes.total(0, ROUTE_FAULTS)], ['no-route', 1]);
    assert.equal(stage.failed.length, 0);
    stage.end();
  });

  it('an error of ours after a failed attempt says what that failed of, and names the rule in the log alone', () => {
    const stage = new Stage();
    stage.request(requestHead());
    stage.connect();
    stage.fail('bad-response', true, 'lone LF in head');
    assert.equal(stage.client.faultCode, 'bad-response');
    const [{ status, reason, cause }] = stage.failed;
    assert.deepEqual([status, reason, cause], [502, 'bad-response: lone LF in head', 'lone LF in head']);
    assert.equal(stage.routes.total(1, ROUTE_FAULTS), 1);
    stage.end();
  });
});

describe('an exchange that breaks', () => {
  it('an exchange whose client leaves before its answer is a 499 in the log, is cut, and gives its connection up', () => {
    const stage = new Stage();
    stage.request(requestHead());
    const upstream = stage.connect();
    stage.exchange.onClientGone();
    const [{ status, reason }] = stage.failed;
    assert.deepEqual([status, reason, upstream.ends, upstream.isKept], [499, 'client-closed', 1, false]);
    assert.equal(stage.routes.total(1, ROUTE_ABORTS), 1);
    stage.end();
  });

  it('an exchange whose client leaves in its answer keeps the status that went out', () => {
    const stage = new Stage();
    stage.request(requestHead());
    stage.connect();
    stage.exchange.attempt?.onResponse(responseHead(206));
    stage.exchange.onClientGone();
    assert.deepEqual([stage.failed[0].status, stage.failed[0].reason], [206, 'client-closed']);
    stage.end();
  });

  it('an exchange goes on after the end of its client only where the listener lets clients half-close, and the request is whole', () => {
    for (const [halfClose, isWhole, state] of [
      ['cancel', true, 'idle'],
      ['allow', false, 'idle'],
      ['allow', true, 'awaiting'],
    ] as const) {
      const stage = new Stage({ listener: { halfClose } });
      stage.request(requestHead(CHUNKED_POST), isWhole);
      stage.connect();
      stage.exchange.onClientEnd();
      assert.equal(stage.state, state, `${halfClose} ${isWhole}`);
      if (state === 'awaiting') {
        stage.answer();
        assert.equal(stage.client.sent, '200 bytes end');
      }
      stage.end();
    }
  });

  it('an exchange whose answer breaks before anything of it has left gets an error instead, and is cut later', () => {
    for (const hasBegun of [false, true]) {
      const stage = new Stage();
      stage.client.hasBegun = hasBegun;
      stage.request(requestHead());
      stage.connect();
      stage.exchange.attempt?.onResponse(responseHead(200));
      stage.fail('reset', true);
      assert.equal(stage.client.sent, hasBegun ? '200 cut' : '200 502');
      stage.end();
    }
  });

  it('an exchange that takes longer than it may is a 504 before its answer has begun, and is cut in it', () => {
    for (const hasBegun of [false, true]) {
      const stage = new Stage({ timeouts: { totalMs: 500 } });
      stage.request(requestHead());
      stage.connect();
      if (hasBegun) stage.exchange.attempt?.onResponse(responseHead(200));
      stage.advance(600);
      assert.equal(stage.client.sent, hasBegun ? '200 cut' : '504');
      assert.equal(stage.failed[0].reason, FAULTS.responseTimeout.code);
      stage.end();
    }
  });
});
