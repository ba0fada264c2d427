import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createSeededRandom } from '../random.ts';
import type { RetrySpec } from '../snapshot.ts';
import { backoffMs, isIdempotent, mayRetry, mayRetryAnswer } from './retry-policy.ts';
import type { FailedAttempt, RetryDecision } from './retry-policy.ts';

const SPEC: RetrySpec = {
  attempts: 3,
  onConnect: true,
  onReset: true,
  onTimeout: false,
  statuses: [],
  replayBytes: 65536,
  backoffMs: 25,
  maxBackoffMs: 250,
  rescue: true,
};

interface Case extends FailedAttempt {
  readonly method: string;
  readonly hasKey: boolean;
  readonly spec: RetrySpec;
}

const GET_RESET: Case = {
  failure: 'reset',
  method: 'GET',
  hasKey: false,
  isSent: true,
  wasReused: false,
  hasAnswered: false,
  number: 1,
  isReplayable: true,
  spec: SPEC,
};

function decide(changes: Partial<Case>): RetryDecision {
  const attempt = { ...GET_RESET, ...changes };
  return mayRetry(attempt, { isRepeatable: isIdempotent(attempt.method) || attempt.hasKey }, attempt.spec);
}

describe('mayRetry', () => {
  it('mayRetry moves on from a refused connect whatever the method and however many attempts there were', () => {
    for (const failure of ['refused', 'unreachable'])
      assert.equal(decide({ failure, method: 'POST', isSent: false, number: 9 }), 'move');
  });

  it('mayRetry follows a connect that timed out at once, whatever the method, within attempts', () => {
    const failure = 'connect-timeout';
    assert.equal(decide({ failure, method: 'POST', isSent: false }), 'now');
    assert.equal(decide({ failure, method: 'POST', isSent: false, number: 3 }), 'no');
  });

  it('mayRetry replaces a reused connection that closed before we wrote, also beyond attempts and without retryOn', () => {
    const spec = { ...SPEC, attempts: 1, onConnect: false, onReset: false };
    for (const failure of ['closed', 'reset']) {
      assert.equal(decide({ failure, method: 'POST', wasReused: true, isSent: false, number: 9, spec }), 'replace');
    }
  });

  it('mayRetry moves on from an endpoint whose certificate or TLS fails, and goes by the method where it has the request', () => {
    for (const failure of ['certificate-rejected', 'tls-failed']) {
      assert.equal(decide({ failure, method: 'POST', isSent: false, number: 3 }), 'move');
      assert.equal(decide({ failure, isSent: false, spec: { ...SPEC, onConnect: false } }), 'no');
    }
    assert.equal(decide({ failure: 'tls-failed' }), 'backoff');
    assert.equal(decide({ failure: 'tls-failed', method: 'POST' }), 'no');
  });

  it('mayRetry sends anew at once where a new connection closed before we wrote, within attempts', () => {
    assert.equal(decide({ method: 'POST', isSent: false }), 'now');
    assert.equal(decide({ method: 'POST', isSent: false, number: 3 }), 'no');
  });

  it('mayRetry backs off before it repeats an idempotent request that was cut on a new connection', () => {
    for (const failure of ['closed', 'reset']) assert.equal(decide({ failure }), 'backoff');
  });

  it('mayRetry repeats an idempotent request at once that was cut on a reused connection', () => {
    assert.equal(decide({ wasReused: true }), 'now');
  });

  it('mayRetry never sends a second POST once something of the first was written', () => {
    for (const failure of ['closed', 'reset']) {
      for (const wasReused of [true, false]) assert.equal(decide({ failure, method: 'POST', wasReused }), 'no');
    }
  });

  it('mayRetry repeats a POST that carries an Idempotency-Key', () => {
    assert.equal(decide({ method: 'POST', hasKey: true }), 'backoff');
  });

  it('mayRetry stops when the attempts are used up', () => {
    assert.equal(decide({ number: 2 }), 'backoff');
    assert.equal(decide({ number: 3 }), 'no');
    assert.equal(decide({ failure: 'connect-timeout', isSent: false, number: 3 }), 'no');
  });

  it('mayRetry retries only what retryOn names', () => {
    assert.equal(decide({ spec: { ...SPEC, onReset: false } }), 'no');
    assert.equal(decide({ failure: 'refused', isSent: false, spec: { ...SPEC, onConnect: false } }), 'no');
    assert.equal(decide({ failure: 'refused', isSent: false, spec: { ...SPEC, onReset: false } }), 'move');
  });

  it('mayRetry does not retry malformed answers, our own lack of resources, or, without retryOn, timeouts', () => {
    const others = ['bad-response', 'unexpected-upgrade', 'queue-timeout', 'local-resources'];
    for (const failure of [...others, 'timeout', 'write-timeout']) {
      assert.equal(decide({ failure }), 'no', failure);
      assert.equal(decide({ failure, isSent: false }), 'no', failure);
    }
  });

  it('mayRetry retries timeouts by choice, with the method rule and after a backoff, on a reused connection too', () => {
    const spec = { ...SPEC, onTimeout: true };
    for (const failure of ['timeout', 'write-timeout']) {
      for (const wasReused of [true, false]) assert.equal(decide({ failure, wasReused, spec }), 'backoff');
      assert.equal(decide({ failure, method: 'POST', spec }), 'no');
    }
  });

  it('mayRetry retries an answer within attempts, with the method rule and the body at hand', () => {
    const may = (number: number, isRepeatable: boolean, isReplayable: boolean): boolean =>
      mayRetryAnswer({ number, isReplayable }, { isRepeatable }, SPEC);
    assert.ok(may(2, true, true));
    assert.ok(!may(3, true, true));
    assert.ok(!may(1, false, true));
    assert.ok(!may(1, true, false));
  });

  it('mayRetry keeps to its prohibitions whatever else is the case', () => {
    const cases: fc.Arbitrary<Case> = fc.record({
      failure: fc.constantFrom(
        'refused',
        'unreachable',
        'connect-timeout',
        'closed',
        'reset',
        'timeout',
        'bad-response',
      ),
      method: fc.constantFrom(
        'GET',
        'HEAD',
        'OPTIONS',
        'TRACE',
        'PUT',
        'DELETE',
        'POST',
        'PATCH',
        'get',
        'CONNECT',
        'X',
      ),
      hasKey: fc.boolean(),
      isSent: fc.boolean(),
      wasReused: fc.boolean(),
      hasAnswered: fc.boolean(),
      number: fc.integer({ min: 1, max: 5 }),
      isReplayable: fc.boolean(),
      spec: fc.record({
        attempts: fc.integer({ min: 1, max: 5 }),
        onConnect: fc.boolean(),
        onReset: fc.boolean(),
        onTimeout: fc.boolean(),
        statuses: fc.constant([]),
        replayBytes: fc.constant(65536),
        backoffMs: fc.constant(25),
        maxBackoffMs: fc.constant(250),
        rescue: fc.constant(true),
      }),
    });
    fc.assert(
      fc.property(cases, (c) => {
        const decision = decide(c);
        if (decision === 'no') return;
        assert.ok(!c.hasAnswered, 'after a response byte');
        assert.ok(c.isReplayable, 'without its body');
        assert.ok(
          !c.isSent ||
            isIdempotent(c.method) ||
            c.hasKey ||
            c.failure === 'refused' ||
            c.failure === 'unreachable' ||
            c.failure === 'connect-timeout',
          'a second POST',
        );
        assert.ok(
          c.number < c.spec.attempts || decision === 'move' || (c.wasReused && !c.isSent),
          'beyond its attempts',
        );
        if (decision === 'backoff') assert.ok(c.isSent, 'backoff with nothing sent');
      }),
    );
  });
});

describe('isIdempotent', () => {
  it('isIdempotent knows the six methods, by their exact name', () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']) assert.ok(isIdempotent(method), method);
    for (const method of ['POST', 'PATCH', 'CONNECT', 'get', 'PROPFIND', '']) assert.ok(!isIdempotent(method), method);
  });
});

describe('backoffMs', () => {
  it('backoffMs spreads over the whole of [0, 25 ms × 2ⁿ), and never beyond 250 ms', () => {
    const random = createSeededRandom(7);
    for (const [attempt, limit] of [
      [1, 50],
      [2, 100],
      [3, 200],
      [4, 250],
      [60, 250],
      [2000, 250],
    ] as const) {
      const times = Array.from({ length: 2000 }, () => backoffMs(attempt, SPEC, random));
      assert.ok(
        times.every((time) => time >= 0 && time < limit),
        `attempt ${attempt}`,
      );
      assert.ok(Math.min(...times) < limit * 0.02 && Math.max(...times) > limit * 0.98, `attempt ${attempt}`);
    }
  });
});
