import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nextHint } from './hints.ts';
import type { HintFacts } from './hints.ts';

const hint = (facts: Partial<HintFacts>): string =>
  nextHint({ idleSeconds: 60, pressed: new Set(), chosen: 's2', harmed: [], ...facts }) ?? '';

describe('a hint of the demo', () => {
  test('a hint of the demo comes only when nothing has been pressed for a while', () => {
    assert.equal(hint({ idleSeconds: 2 }), '');
    assert.match(hint({}), /^Press k: s2 is killed under load\./);
  });

  test('a hint of the demo brings back a server that is frozen, killed or failing before it goes on', () => {
    const pressed = new Set(['kill', 'revive', 'slow', 'hang'] as const);
    assert.match(hint({ pressed, harmed: ['s2'] }), /^Press r: s2 comes back/);
    assert.match(hint({ pressed: new Set([...pressed, 'policy', 'fail'] as const), harmed: ['s2'] }), /^Press r: /);
    assert.match(hint({ pressed, harmed: ['s1'] }), /^Press p: /);
  });

  test('a hint of the demo leads on: what was killed is revived, what was tried is passed over, and in the end there is none', () => {
    assert.match(hint({ pressed: new Set(['kill']), harmed: ['s2'] }), /^Press r: s2 comes back/);
    assert.match(hint({ pressed: new Set(['kill', 'revive']) }), /^Press s: /);
    assert.match(hint({ pressed: new Set(['slow', 'choose']) }), /^Press k: /);
    assert.match(hint({ pressed: new Set(['kill', 'revive', 'slow']) }), /^Press p: /);
    assert.equal(hint({ pressed: new Set(['kill', 'revive', 'slow', 'policy', 'hang', 'fail']) }), '');
  });
});
