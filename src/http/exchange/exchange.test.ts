import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evidenceNumber } from '../../core/health/evidence.ts';
import { REFUSED, UNHEALTHY } from '../../core/shared/pool-table.ts';
import { CHUNKED_POST, Stage, requestHead, responseHead } from '../../../test/support/exchange-stage.ts';
import type { Exchange } from './exchange.ts';

const BYTES = Buffer.from('bytes');
/** Set wherever they are used, before they are read. */
const SET_ON_USE: ReadonlySet<string> = new Set(['movingSince', 'holdFault', 'homeSlot']);

/** Everything plain that an exchange, or what it waits by, remembers. */
function memoryOf(exchange: Exchange): object {
  const { wait, kept, record } = exchange;
  const plain = (holder: object): object =>
    Object.fromEntries(
      Object.entries(holder).filter(([name, value]: [string, unknown]) => {
        if (SET_ON_USE.has(name)) return false;
        return value === null || typeof value !== 'object' || (Array.isArray(value) && name !== 'attempts');
      }),
    );
  return { ...plain(exchange), wait: plain(wait), record: plain(record), kept: kept.length };
}

/** What may become of a request before the next one comes. */
const COURSES: Readonly<Record<string, (stage: Stage) => void>> = {
  'was answered': (stage) => {
    stage.request(requestHead());
    stage.connect();
    stage.answer();
  },
  'was answered before its body had come, which a 100 was waited for': (stage) => {
    stage.request(requestHead({ ...CHUNKED_POST, expectsContinue: true }));
    stage.connect();
    stage.advance(1100);
    stage.exchange.onRequestBody(BYTES, 0, BYTES.length);
    stage.answer();
  },
  'was refused by one endpoint, reset by the other, and answered in the end': (stage) => {
    stage.request(requestHead({ method: 'PUT', bodyKind: 2 }));
    stage.exchange.onRequestBody(BYTES, 0, BYTES.length);
    stage.fail('refused');
    stage.connect();
    stage.exchange.onRequestEnd('X-Trailer: 1\r\n');
    stage.fail('reset');
    stage.advance(300);
    stage.connect();
    stage.answer();
  },
  'was left by its client in the middle of its answer': (stage) => {
    stage.request(requestHead());
    stage.connect();
    stage.exchange.attempt?.onResponse(responseHead(200));
    stage.exchange.onClientGone();
  },
  'had a second attempt beside its first': (stage) => {
    stage.request(requestHead());
    stage.connect();
    stage.table.rescue.fill(evidenceNumber('silent'));
    stage.exchange.attempt?.onMoved();
    stage.connect();
    stage.exchange.rival?.onResponse(responseHead(200));
    stage.exchange.attempt?.onResponseEnd('');
    stage.table.rescue.fill(0);
  },
  'was held until its time was over': (stage) => {
    for (const slot of [0, 1]) stage.table.setHealth(slot, UNHEALTHY | REFUSED);
    stage.request(requestHead());
    stage.advance(3000);
    for (const slot of [0, 1]) stage.table.setHealth(slot, 0);
  },
  'became a tunnel': (stage) => {
    stage.request(requestHead({ upgrade: 'websocket' }));
    stage.connect();
    stage.exchange.attempt?.onResponse(responseHead(101));
    stage.exchange.onClientEnd();
    stage.exchange.attempt?.onUpstreamEnd();
  },
  'had too large a body': (stage) => {
    stage.request(requestHead(CHUNKED_POST));
    stage.connect();
    stage.exchange.bodyLimit = 1;
    stage.exchange.onRequestBody(BYTES, 0, BYTES.length);
  },
};

describe('Exchange', () => {
  for (const [course, happen] of Object.entries(COURSES)) {
    it(`Exchange remembers nothing for the next request of one that ${course}`, () => {
      const options = { pool: { queue: { maxWaiting: 10, timeoutMs: 0, targetMs: 0, holdMs: 1000 } } };
      const [used, fresh] = [new Stage(options), new Stage(options)];
      happen(used);
      assert.equal(used.state, 'idle');
      fresh.now = used.now;
      // Both have the next request at the same endpoint.
      const slot = (): number => fresh.exchange.attempt?.endpoint?.slot ?? -1;
      fresh.request(requestHead());
      if (slot() !== peekSlot(used)) {
        fresh.exchange.onClientGone();
        fresh.request(requestHead());
      }
      assert.equal(used.exchange.attempt?.endpoint?.slot, slot());
      assert.deepEqual(memoryOf(used.exchange), memoryOf(fresh.exchange));
      for (const stage of [used, fresh]) stage.end();
    });
  }

  it('Exchange holds its client up at most once, and lets it go on as often as it did', () => {
    const stage = new Stage();
    stage.request(requestHead(CHUNKED_POST));
    const upstream = stage.connect();
    upstream.isBlocked = true;
    for (let piece = 0; piece < 3; piece++) stage.exchange.onRequestBody(BYTES, 0, BYTES.length);
    assert.ok(stage.client.isPaused);
    upstream.isBlocked = false;
    stage.exchange.attempt?.onUpstreamDrain();
    assert.ok(!stage.client.isPaused);
    stage.end();
  });
});

/** Where the next request of this stage goes: it is sent. */
function peekSlot(stage: Stage): number {
  stage.request(requestHead());
  return stage.exchange.attempt?.endpoint?.slot ?? -1;
}
