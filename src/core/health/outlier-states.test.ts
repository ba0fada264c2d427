/** The machine of ejections and circuit breakers, walked cell by cell: with one trial, and with three. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakePool, PROBED, RESET, SPEC } from '../../../test/support/ejecting-pool.ts';

describe('OutlierDetector by state and event', () => {
  type State = 'in' | 'ejected' | 'trial';
  type Event = 'failures' | 'due' | 'tried' | 'returned' | 'passed' | 'failed' | 'void' | 'forgotten';
  const table: Readonly<Record<State, Readonly<Record<Event, State>>>> = {
    in: {
      failures: 'ejected',
      due: 'in',
      tried: 'in',
      returned: 'in',
      passed: 'in',
      failed: 'in',
      void: 'in',
      forgotten: 'in',
    },
    ejected: {
      failures: 'ejected',
      due: 'trial',
      tried: 'trial',
      returned: 'in',
      passed: 'ejected',
      failed: 'ejected',
      void: 'ejected',
      forgotten: 'in',
    },
    trial: {
      failures: 'trial',
      due: 'trial',
      tried: 'trial',
      returned: 'in',
      passed: 'in',
      failed: 'ejected',
      void: 'trial',
      forgotten: 'in',
    },
  };
  const happens: Readonly<Record<Event, (pool: FakePool) => void>> = {
    failures: ({ detector }) => detector.consider(1, RESET, 2000),
    due: ({ detector }) => detector.due(2000),
    tried: ({ detector }) => detector.tryNow(1),
    returned: ({ detector }) => detector.returned(1, 2000),
    passed: ({ detector }) => detector.trialPassed(1, 2000),
    failed: ({ detector }) => detector.trialFailed(1, RESET, 2000),
    void: ({ detector }) => detector.trialVoid(1, 2000),
    forgotten: ({ detector }) => detector.forget(1),
  };
  const stateOf = ({ detector }: FakePool): State => {
    if (detector.ejections.length === 0) return 'in';
    return detector.nextDueAt === Infinity ? 'trial' : 'ejected';
  };
  for (const { rules, of } of [
    { rules: SPEC, of: 'with one trial' },
    { rules: PROBED, of: 'with three trials' },
  ]) {
    for (const from of Object.keys(table) as State[]) {
      for (const event of Object.keys(happens) as Event[]) {
        const isFirstOfThree = rules === PROBED && from === 'trial' && event === 'passed';
        const to = isFirstOfThree ? 'trial' : table[from][event];
        it(`${of}, from ${from} by ${event} is ${to}`, () => {
          const pool = new FakePool(4, rules);
          if (from !== 'in') pool.eject(1, 0);
          if (from === 'trial') pool.detector.due(2000);
          assert.equal(stateOf(pool), from);
          happens[event](pool);
          assert.equal(stateOf(pool), to);
        });
      }
    }
  }
});
