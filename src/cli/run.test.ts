import assert from 'node:assert/strict';
import { it } from 'node:test';
import { warnOfRoot } from './run.ts';

it('who runs Fairlead as root is told what it needs instead, and nobody else is told anything', () => {
  assert.equal(warnOfRoot(0).length, 1);
  assert.match(warnOfRoot(0)[0], /^it runs as root.*CAP_NET_BIND_SERVICE/);
  assert.deepEqual([warnOfRoot(1000), warnOfRoot(undefined)], [[], []]);
});
