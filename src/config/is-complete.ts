/** Tells a config that has been read from one that somebody has written, without loading the code that reads one. */
import type { Config } from './config.ts';

/** Every section that a {@link Config} always has. */
const SECTIONS = {
  threads: true,
  listeners: true,
  routes: true,
  pools: true,
  settings: true,
} satisfies Record<Exclude<keyof Config, 'rateLimits'>, true>;

/**
 * Told by its form, not by a mark, so that `{ ...config, threads: 2 }` and a config that came from another thread
 * still are configs: every section is there, settings among them, which nobody can write.
 */
export function isComplete(value: unknown): value is Config {
  if (typeof value !== 'object' || value === null) return false;
  const sections = new Map(Object.entries(value));
  const hasAll = Object.keys(SECTIONS).every((name) => sections.get(name) !== undefined);
  return hasAll && Array.isArray(sections.get('listeners')) && Array.isArray(sections.get('pools'));
}
