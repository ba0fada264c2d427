/** `balance` as a policy. */
import type { PoolSettings, Sourced } from '../draft.ts';
import { lacking } from '../features.ts';
import type { Report } from '../report.ts';
import type { Line } from './parse-haproxy.ts';
import type { Proxy } from './proxy.ts';

type Policy = NonNullable<PoolSettings['policy']>;

const POLICIES: ReadonlyMap<string, Policy> = new Map<string, Policy>([
  ['roundrobin', 'round-robin'],
  ['static-rr', 'round-robin'],
  ['leastconn', 'least-connections'],
  ['first', 'first'],
]);
const ELSEWHERE = 'a key has one endpoint, and it is another one than in HAProxy';

/** HAProxy goes round robin, unless it is told otherwise. */
export function readPolicy(proxy: Proxy, report: Report): Sourced<Policy> {
  const from = proxy.find('balance');
  if (from === null) return { value: 'round-robin', from: proxy.from };
  const value = policyOf(from, report);
  if (value === null) {
    report.leave(from, lacking('policies', 'the pool goes round-robin'));
    return { value: 'round-robin', from };
  }
  report.take(from);
  return { value, from };
}

function policyOf(from: Line, report: Report): Policy | null {
  const [, name = '', inner] = /^([a-z_-]+)(?:\(([^)]*)\))?$/.exec(from.args[0] ?? '') ?? [];
  const known = POLICIES.get(name);
  if (known !== undefined) return known;
  if (name === 'random') {
    if (Number(inner ?? 2) > 2) report.differ(from, 'of two random ones that with fewer requests');
    return inner === '1' ? 'random' : 'power-of-two';
  }
  const key = keyOf(name, inner, from.args.slice(1));
  if (key === null) return null;
  report.differ(from, ELSEWHERE);
  if (key.others.length > 0) report.leave(from, 'the whole of it is the key', key.others.join(' '));
  return { hash: key.part };
}

interface Key {
  readonly part: string;
  /** Words that are not taken over. */
  readonly others: readonly string[];
}

function keyOf(name: string, inner: string | undefined, words: readonly string[]): Key | null {
  if (name === 'source') return { part: 'client', others: words };
  if (name === 'uri') return { part: words.includes('whole') ? 'url' : 'path', others: withoutWords(words) };
  if (name === 'url_param' && words.length > 0) return { part: `query.${words[0]}`, others: words.slice(1) };
  if (name !== 'hdr' || inner === undefined) return null;
  const header = inner.toLowerCase();
  return { part: header === 'host' ? 'host' : `header.${header}`, others: words };
}

function withoutWords(words: readonly string[]): readonly string[] {
  return words.filter((word) => word !== 'whole' && word !== 'path-only');
}
