/** Rules for listeners of layer 4 and the pools that they lead to: of requests they know nothing. */
import { parseKeyPart } from '../core/keys/key-parts.ts';
import type { PolicySpec } from '../core/snapshot.ts';
import { checkPoolName } from './check-rules.ts';
import { Mistake, type Problem } from './errors.ts';
import type { Part } from './parts.ts';
import type { WrittenPool } from './pool-schema.ts';
import type { WrittenListener } from './section-schemas.ts';
import { type WrittenMap, isWrittenMap } from './written.ts';

/** What is looked at. */
export interface Layer4Parts {
  /** As they were written, by name. */
  readonly written: WrittenMap;
  readonly listeners: readonly Part<WrittenListener & { readonly id: string }>[];
  readonly pools: ReadonlyMap<string, WrittenPool>;
  readonly poolNames: readonly string[];
  /** The pools that routes lead to. */
  readonly routed: ReadonlySet<string>;
}

/** Whether a listener takes HTTP, as far as what is written of it says. */
export function speaksHttp(written: unknown): boolean {
  return !(isWrittenMap(written) && Object.hasOwn(written, 'tcp'));
}

export function checkLayer4({ written, listeners, pools, poolNames, routed }: Layer4Parts): readonly Problem[] {
  const leading = listeners.flatMap(({ path, value: { id, tcp } }) => (tcp === undefined ? [] : [{ path, id, tcp }]));
  const used = [...pools].filter(([name]) => leading.some(({ tcp }) => tcp.pool === name));
  return [
    ...leading.flatMap(({ path, id, tcp }) => [
      ...findHttpKeys(written[id], path),
      ...findTls(written[id], path),
      ...checkPoolName({ path: [...path, 'tcp'], value: tcp }, poolNames),
    ]),
    ...used.flatMap(([name, pool]) => checkPool(pool, ['pools', name], routed.has(name))),
  ];
}

const OF_REQUESTS = ['halfClose', 'underscores'] as const;

/** A FIN of either side is always passed on, and there are no headers. */
function findHttpKeys(written: unknown, path: Part<unknown>['path']): readonly Problem[] {
  if (!isWrittenMap(written)) return [];
  return OF_REQUESTS.filter((name) => Object.hasOwn(written, name)).map((name) => {
    const mistake = new Mistake('this key is about requests, and a listener with "tcp" has none', 'Take it out.');
    return { path: [...path, name], atKey: true, mistake };
  });
}

function findTls(written: unknown, path: Part<unknown>['path']): readonly Problem[] {
  if (!isWrittenMap(written) || !Object.hasOwn(written, 'tls') || written['tls'] === 'off') return [];
  const mistake = new Mistake(
    'a listener with "tcp" cannot end TLS yet',
    'Take "tls" out: the bytes pass as they come, and the servers behind it end TLS.',
  );
  return [{ path: [...path, 'tls'], atKey: true, mistake }];
}

function checkPool(
  { policy, sticky }: WrittenPool,
  path: Part<unknown>['path'],
  isRouted: boolean,
): readonly Problem[] {
  const problems: Problem[] = [];
  const part = findHttpPart(policy);
  if (part !== null) {
    const mistake = new Mistake(
      `a listener with "tcp" leads to this pool, and its connections have no ${part}`,
      'Hash by client, or take another policy; a route may have a policy of its own.',
    );
    problems.push({ path: [...path, 'policy'], mistake });
  }
  if (sticky !== null && !isRouted) {
    const mistake = new Mistake(
      'only listeners with "tcp" lead to this pool, and their connections have no cookies',
      'Take it out; policy: { hash: client } keeps clients at their endpoints.',
    );
    problems.push({ path: [...path, 'sticky'], mistake });
  }
  return problems;
}

/** What of the policy's key only requests have; null: nothing. */
function findHttpPart(policy: PolicySpec): string | null {
  if (typeof policy === 'string') return null;
  const parts = policy.hash.key.parts.map((text) => ({ text, part: parseKeyPart(text) }));
  const found = parts.find(({ part }) => part !== null && !['client', 'peer', 'listener'].includes(part.kind));
  return found?.text ?? null;
}
