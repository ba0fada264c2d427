import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { startDemo } from './demo.ts';

test('the demo balances over five servers behind two names, tells of it, and ends within a second', async () => {
  const demo = await startDemo();
  try {
    assert.match(
      demo.introduction,
      new RegExp(`curl -i -H 'Host: api\\.localhost' http://127\\.0\\.0\\.1:${demo.port}/`),
    );
    const seen = new Set<string>();
    let lines = '';
    await until(
      () => {
        lines = demo.nextLine();
        for (const [, server] of lines.matchAll(/(s\d) +[1-9]\d*% ✔/g)) seen.add(server);
        return seen.size === 5;
      },
      () => `all five servers get a share: ${lines}`,
    );
  } finally {
    const startedAt = performance.now();
    await demo.close();
    assert.ok(performance.now() - startedAt < 1000);
  }
});
