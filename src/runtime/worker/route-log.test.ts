import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessLogSpec } from '../../core/access-log.ts';
import { createSeededRandom } from '../../core/random.ts';
import { ExchangeRecord } from '../../http/record.ts';
import { RouteLog } from './route-log.ts';

const ACCESS_LOG: AccessLogSpec = {
  format: 'json',
  to: { kind: 'stdout' },
  mask: [],
  bufferBytes: 1024,
  unrouted: null,
};

/** The severity of the line for an exchange that ended like this, null where it has none. */
function severityOf(status: number, reason: string, level: 'info' | 'warn' | 'error' = 'info'): number | null {
  const written: number[] = [];
  const log = new RouteLog(
    { level, only: 'all', slowMs: 1000, sample: 1 },
    {
      writer: { write: ({ severity }) => written.push(severity) > 0 },
      accessLog: ACCESS_LOG,
      clock: { now: () => 0, wallTime: () => 0 },
      random: createSeededRandom(1),
    },
  );
  log.exchangeEnded(Object.assign(new ExchangeRecord(), { status, reason }));
  return written.length === 0 ? null : written[0];
}

describe('a line of the access log', () => {
  it('a line of the access log is as grave as the status of an answer that is whole', () => {
    assert.deepEqual(
      [200, 301, 404, 503].map((status) => severityOf(status, '')),
      [0, 0, 1, 2],
    );
  });

  it('a line of the access log is as grave as whose fault it was that an answer broke off', () => {
    assert.equal(severityOf(200, 'upstream-reset'), 2);
    assert.equal(severityOf(200, 'bad-response: malformed chunk'), 2);
    assert.equal(severityOf(200, 'request-timeout'), 1);
    assert.equal(severityOf(200, 'client-closed'), 0);
  });

  it('a line of the access log is no graver for what is remarked of an answer that is whole', () => {
    for (const remark of ['sticky-moved: a:80 ejected', 'sticky-spilled: a:80 full', 'budget-spent'])
      assert.deepEqual(
        [200, 404, 503].map((status) => severityOf(status, remark)),
        [0, 1, 2],
        remark,
      );
    assert.equal(severityOf(200, 'sticky-moved: a:80 ejected', 'error'), null);
  });
});
