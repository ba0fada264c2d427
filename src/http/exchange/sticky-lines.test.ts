import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { STICKY_VALUE_LENGTH } from '../../core/balancer/sticky-table.ts';
import {
  COUNTER_STICKY_HITS,
  COUNTER_STICKY_MOVES,
  EJECTED,
  MAINTENANCE,
  UNHEALTHY,
} from '../../core/shared/pool-table.ts';
import type { StickySpec } from '../../core/snapshot.ts';
import { Stage, requestHead, responseHead } from '../../../test/support/exchange-stage.ts';
import { STICKY } from '../../../test/support/sticky-spec.ts';

const [A, B] = ['A', 'B'].map((letter) => letter.repeat(STICKY_VALUE_LENGTH));

/** A sticky pool; its access log remembers the reasons of what it is told. */
function sticky(spec: Partial<StickySpec> = {}): { stage: Stage; reasons: string[] } {
  const reasons: string[] = [];
  const stage = new Stage({
    pool: { sticky: { ...STICKY, ...spec } },
    stickyValues: [A, B],
    log: { exchangeEnded: ({ reason }) => reasons.push(reason) },
  });
  return { stage, reasons };
}

/** The lines that come with the answer to a client with this cookie. */
function linesTo(stage: Stage, cookie: string, { status = 200, lines = '' } = {}): string {
  stage.request(requestHead({ lines: cookie === '' ? '' : `Cookie: fairlead=${cookie}\r\n` }));
  stage.connect();
  stage.exchange.attempt?.onResponse(responseHead(status, { lines }));
  stage.exchange.attempt?.onResponseEnd('');
  return stage.client.lines;
}

describe('the lines that bind a client', () => {
  it('the lines that bind a client go to one without a cookie, or with one that nobody has made, and to no other', () => {
    const { stage } = sticky();
    for (const cookie of ['', 'forged', 'C'.repeat(STICKY_VALUE_LENGTH)])
      assert.match(
        linesTo(stage, cookie),
        /^Set-Cookie: fairlead=(?:A{43}|B{43}); Path=\/; HttpOnly; SameSite=Lax\r\n/,
      );
    assert.equal(linesTo(stage, B), '');
    assert.deepEqual([stage.table.total(0, COUNTER_STICKY_HITS), stage.table.total(1, COUNTER_STICKY_HITS)], [0, 1]);
    stage.end();
  });

  it('the lines that bind a client keep shared caches off, unless the answer does so itself', () => {
    const { stage } = sticky();
    assert.match(linesTo(stage, ''), /\r\nCache-Control: private\r\n$/);
    assert.match(linesTo(stage, '', { lines: 'Cache-Control: max-age=9\r\n' }), /\r\nCache-Control: private\r\n$/);
    for (const value of ['private', 'No-Store', 'max-age=1, private'])
      assert.doesNotMatch(linesTo(stage, '', { lines: `cache-control: ${value}\r\n` }), /Cache-Control/);
    stage.end();
  });

  it('the lines that bind a client come with no answer that counts as a failure', () => {
    const { stage } = sticky();
    assert.equal(linesTo(stage, '', { status: 503 }), '');
    assert.match(linesTo(stage, '', { status: 404 }), /^Set-Cookie/);
    stage.end();
  });

  it('the lines that bind a client are renewed when a tenth of their time has passed', () => {
    const { stage } = sticky({ ttlMs: 100_000 });
    stage.now = 1_000_000;
    const issued = `${A}.${(1000).toString(36)}`;
    assert.equal(linesTo(stage, issued), '');
    stage.now += 11_000;
    assert.match(linesTo(stage, issued), /Max-Age=100;/);
    stage.end();
  });
});

describe('the log of a client that is bound elsewhere', () => {
  it('the log says which endpoint a client was bound to before, and why that did not serve it', () => {
    for (const [flags, why] of [
      [UNHEALTHY, 'unhealthy'],
      [EJECTED, 'ejected'],
      [MAINTENANCE, 'in maintenance'],
    ] as const) {
      const { stage, reasons } = sticky();
      stage.table.setHealth(0, flags);
      assert.match(linesTo(stage, A), /^Set-Cookie: fairlead=B{43}/);
      assert.deepEqual(reasons, [`sticky-moved: 127.0.0.1:1 ${why}`]);
      assert.equal(stage.table.total(0, COUNTER_STICKY_MOVES), 1);
      stage.end();
    }
  });

  it('the log says that the endpoint of a client has failed the request', () => {
    const { stage, reasons } = sticky();
    stage.request(requestHead({ lines: `Cookie: fairlead=${A}\r\n` }));
    stage.fail('refused');
    stage.connect();
    stage.answer();
    assert.deepEqual(reasons, ['sticky-moved: 127.0.0.1:1 failed']);
    stage.end();
  });

  it('the log says nothing of a client that is served by its own endpoint, or that is bound for the first time', () => {
    const { stage, reasons } = sticky();
    linesTo(stage, '');
    linesTo(stage, A);
    assert.deepEqual(reasons, ['', '']);
    stage.end();
  });
});
