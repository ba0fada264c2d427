import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../test/support/until.ts';
import { Demo } from './demo.ts';
import { createStatusLines } from './status-line.ts';

describe('the demo', () => {
  test('the demo balances over five servers behind two names, tells of it, and ends within seconds', async () => {
    const demo = await Demo.start({ temper: 'calm', rate: 100 });
    try {
      const nextLine = createStatusLines(
        () => demo.balancer.stats(),
        (id) => demo.nameOf(id),
      );
      const seen = new Set<string>();
      let lines = '';
      await until(
        () => {
          lines = nextLine();
          for (const [, server] of lines.matchAll(/(s\d) +[1-9]\d*% ✔/g)) seen.add(server);
          return seen.size === 5;
        },
        () => `all five servers get a share: ${lines}`,
      );
    } finally {
      const startedAt = performance.now();
      await demo.close();
      assert.ok(performance.now() - startedAt < 5000);
    }
  });
});
