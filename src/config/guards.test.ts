import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settleGuards } from './guards.ts';

const ofSizes = (...sizes: readonly number[]): readonly boolean[] =>
  settleGuards(sizes.map((maxBody) => ({ guards: null, maxBody }))).map(({ guards }) => guards);

describe('a limit of bodies guards', () => {
  it('a limit of bodies guards where another route takes larger ones', () => {
    assert.deepEqual(ofSizes(10, 20, 20), [true, false, false]);
    assert.deepEqual(ofSizes(10, 0), [true, false]);
  });
  it('a limit of bodies does not guard where all routes have the same, or none', () => {
    assert.deepEqual(ofSizes(10, 10), [false, false]);
    assert.deepEqual(ofSizes(0, 0), [false, false]);
    assert.deepEqual(ofSizes(), []);
  });
  it('only a limit of bodies guards where the config does not say so', () => {
    const routes = settleGuards([
      { guards: null, maxBody: 1 },
      { guards: true, maxBody: 1 },
      { guards: null, maxBody: 0 },
    ]);
    assert.deepEqual(
      routes.map(({ limitsOnly }) => limitsOnly === true),
      [true, false, false],
    );
  });
  it('a route guards as its config says, whatever the limits of bodies', () => {
    const routes = [
      { guards: false, maxBody: 1 },
      { guards: true, maxBody: 0 },
    ];
    assert.deepEqual(settleGuards(routes), routes);
  });

  it('a limit of bodies guards nothing because of a route that redirects, which takes none', () => {
    const settled = settleGuards([
      { guards: null, maxBody: 1000 },
      { guards: null, maxBody: 0, redirect: {} },
    ]);
    assert.deepEqual(
      settled.map(({ guards }) => guards),
      [false, false],
    );
  });
});
