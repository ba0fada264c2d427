/** Routes as a config has them, on a data plane of a test, and what their messages say. */
import type { RouteConfig } from '../../src/config/config.ts';
import type { TestRoute } from './data-plane.ts';
import { configOf } from './running-balancer.ts';

/** `routes` as they are written, of a pool `web`; times and retries are those of the test's plane. */
export function routesOf(...routes: readonly object[]): readonly TestRoute[] {
  const text = JSON.stringify({ listeners: { web: ':80' }, pools: { web: ['127.0.0.1:1'] }, routes });
  return configOf(text).routes.map(({ timeouts: _, retry: __, hedge: ___, ...route }: RouteConfig) => ({
    ...route,
    pool: 'web',
    accessLog: null,
  }));
}

/** The values of the header lines of that name, in order. */
export function valuesOf(head: string, name: string): readonly string[] {
  return [...head.matchAll(new RegExp(`^${name}: (.*)\\r$`, 'gim'))].map((match) => match[1]);
}
