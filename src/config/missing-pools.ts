/** Whether a config that has no pools may be without: where every route redirects, and no listener passes anything on. */
import { Mistake } from './errors.ts';
import { describeEmpty } from './part-reader.ts';
import { type WrittenMap, isWrittenMap } from './written.ts';

/** Who leads to a pool, and to which. */
interface Leading {
  readonly who: string;
  readonly pool: unknown;
}

/** Null: it needs none. */
export function describeMissingPools({ routes, listeners }: WrittenMap): Mistake | null {
  const written: readonly unknown[] = Array.isArray(routes) ? routes : [];
  const leading = [...written.flatMap(leadingRoute), ...leadingListeners(listeners)];
  const redirects = written.some((route) => isWrittenMap(route) && Object.hasOwn(route, 'redirect'));
  if (leading.length === 0 && redirects) return null;
  const named = leading.find((each): each is Leading & { pool: string } => typeof each.pool === 'string');
  if (named === undefined) return describeEmpty('pools', undefined, false);
  const { who, pool } = named;
  const cure = `Write e.g. pools: { ${/^[a-z][\w-]*$/i.test(pool) ? pool : 'web'}: [localhost:8081] }.`;
  return new Mistake(`the key is missing, and ${who} leads to the pool ${JSON.stringify(pool)}`, cure);
}

function leadingRoute(route: unknown, index: number): readonly Leading[] {
  if (!isWrittenMap(route) || !Object.hasOwn(route, 'pool')) return [];
  const { name, pool } = route;
  return [{ who: `the route ${JSON.stringify(typeof name === 'string' ? name : String(index + 1))}`, pool }];
}

function leadingListeners(listeners: unknown): readonly Leading[] {
  if (!isWrittenMap(listeners)) return [];
  return Object.entries(listeners).flatMap(([name, listener]) => {
    if (!isWrittenMap(listener)) return [];
    const { tcp, udp, tls } = listener;
    const passed = isWrittenMap(tls) && isWrittenMap(tls['passthrough']) ? Object.values(tls['passthrough']) : [];
    const pools = [...[tcp, udp].filter((each) => each !== undefined), ...passed];
    const who = `the listener ${JSON.stringify(name)}`;
    return pools.map((each) => ({ who, pool: isWrittenMap(each) ? each['pool'] : each }));
  });
}
