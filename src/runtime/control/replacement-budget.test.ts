import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReplacementBudget } from './replacement-budget.ts';

describe('the replacement budget', () => {
  it('the replacement budget allows five deaths within a minute, and none after a sixth', () => {
    const budget = new ReplacementBudget();
    for (let death = 0; death < 5; death++) assert.ok(budget.take(death * 1000));
    assert.ok(!budget.take(59_000));
    assert.ok(!budget.take(600_000));
    assert.ok(budget.isSpent);
  });

  it('the replacement budget allows any number that come slowly enough', () => {
    const budget = new ReplacementBudget();
    for (let death = 0; death < 100; death++) assert.ok(budget.take(death * 12_001));
  });
});
