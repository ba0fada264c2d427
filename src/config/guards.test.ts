import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RateLimitSpec } from '../core/limits/rate-limit.ts';
import { stricterGuard } from '../core/routing/stricter-guard.ts';
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

describe('a limit of rate guards', () => {
  const limit = (id: string, count = 1): RateLimitSpec => ({
    id,
    name: id,
    rate: { count, periodMs: 1000 },
    burst: 1,
    waitMs: 0,
    key: { parts: ['client'], missing: 'random' },
    keys: 8,
    cost: 1,
    headers: 'refused',
    legacyHeaders: false,
    dryRun: false,
  });
  type Limits = readonly RateLimitSpec[] | undefined;
  const settled = (...routes: Limits[]) =>
    settleGuards(routes.map((rateLimit) => ({ guards: null, maxBody: 0, rateLimit })));

  it('a limit of rate guards where another route has another one, or none', () => {
    const guards = (...routes: Limits[]) => settled(...routes).map((route) => route.guards);
    assert.deepEqual(guards([limit('a')], undefined), [true, false]);
    assert.deepEqual(guards([limit('a')], [limit('b')]), [true, true]);
    assert.deepEqual(guards([limit('a'), limit('b')], [limit('b')]), [true, true]);
  });

  it('a limit of rate does not guard where all routes share it, or there is one route', () => {
    const guards = (...routes: Limits[]) => settled(...routes).map((route) => route.guards);
    assert.deepEqual(guards([limit('a')]), [false]);
    assert.deepEqual(guards([limit('a'), limit('b')], [limit('b'), limit('a')]), [false, false]);
  });

  it('a limit of rate that is the slower one takes a path that may be read as that of two routes', () => {
    const route = (rateLimit: readonly RateLimitSpec[], maxBody = 0) => ({
      id: rateLimit.map(({ id }) => id).join(),
      match: { host: null, path: null, methods: [], headers: [], query: [], cookies: [] },
      guards: true,
      limitsOnly: true,
      maxBody,
      rateLimit,
    });
    const [slow, fast] = [route([limit('slow')]), route([limit('fast', 100)])];
    assert.equal(stricterGuard(slow, fast), slow);
    assert.equal(stricterGuard(fast, slow), slow);
    assert.equal(stricterGuard(route([{ ...limit('slow'), dryRun: true }]), fast), fast);
    const small = route([limit('fast', 100)], 10);
    assert.equal(stricterGuard(small, fast), small);
    assert.equal(stricterGuard(small, slow), null, 'each is the stricter one in something');
    assert.equal(stricterGuard(slow, small), null);
  });
});
