/** Where a route leads: as the config says it, and in words. */
import type { RouteConfig } from '../config/config.ts';
import type { RedirectSpec } from '../core/snapshot.ts';

/** As a map of the config. */
export function writeRedirect(redirect: RedirectSpec): Readonly<Record<string, unknown>> {
  const { status, base, port } = redirect;
  return { to: placeOf(redirect), status, ...(base === null ? { port } : {}) };
}

/** `pool web`, or `308 to https`. */
export function describeTarget({ pool, redirect }: RouteConfig): string {
  if (redirect === undefined) return `pool ${pool}`;
  const port = redirect.base === null && redirect.port !== 443 ? `, port ${redirect.port}` : '';
  return `${redirect.status} to ${placeOf(redirect)}${port}`;
}

function placeOf({ base, keepsTarget }: RedirectSpec): string {
  if (base === null) return 'https';
  return keepsTarget ? `${base}{target}` : base;
}
