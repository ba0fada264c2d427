/** Rules for listeners of layer 4 and the pools that they lead to: of requests they know nothing. */
import { parseKeyPart } from '../core/keys/key-parts.ts';
import type { PolicySpec } from '../core/snapshot.ts';
import { checkPoolName } from './check-rules.ts';
import { checkUdpListener, checkUdpPool } from './check-udp.ts';
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

type Path = Part<unknown>['path'];

/** Whether a listener takes HTTP, as far as what is written of it says. */
export function speaksHttp(written: unknown): boolean {
  if (!isWrittenMap(written)) return true;
  return !Object.hasOwn(written, 'tcp') && !Object.hasOwn(written, 'udp') && !passesAll(written['tls']);
}

/** Nothing of what comes could be opened here. */
function passesAll(tls: unknown): boolean {
  return isWrittenMap(tls) && Object.hasOwn(tls, 'passthrough') && !OPENING.some((name) => Object.hasOwn(tls, name));
}

const OPENING = ['certificates', 'acme'] as const;

/** A pool that what comes by a listener goes to, and where its name is written, from the listener on. */
interface Passed {
  readonly at: Path;
  readonly pool: string;
}

/** The pools that what comes by a listener goes to as it is. */
export function passedTo({ tcp, tls, udp }: WrittenListener): readonly Passed[] {
  // One that has more beside it is a mistake.
  if (udp !== undefined) return [{ at: ['udp', 'pool'], pool: udp.pool }];
  const all = tcp === undefined ? [] : [{ at: ['tcp', 'pool'], pool: tcp.pool }];
  const some = (tls?.passthrough ?? []).map(({ name, pool }) => ({ at: ['tls', 'passthrough', name], pool }));
  return [...all, ...some];
}

export function checkLayer4({ written, listeners, pools, poolNames, routed }: Layer4Parts): readonly Problem[] {
  const passed = listeners.flatMap(({ path, value }) =>
    passedTo(value).map(({ at, pool }) => ({ path: [...path, ...at], value: { pool } })),
  );
  const used = [...pools].filter(([name]) => passed.some(({ value }) => value.pool === name));
  const ofUdp = new Set(listeners.flatMap(({ value: { udp } }) => udp?.pool ?? []));
  const ofBytes = new Set(
    listeners.flatMap(({ value }) => (value.udp === undefined ? passedTo(value) : [])).map(({ pool }) => pool),
  );
  return [
    ...listeners.flatMap(({ path, value: { id, host, udp } }) =>
      udp === undefined ? [] : checkUdpListener(written[id], { host }, path),
    ),
    ...listeners.flatMap(({ path, value: { id, tcp, udp } }) =>
      tcp === undefined || udp !== undefined
        ? []
        : [...findHttpKeys(written[id], path), ...findNothingOpened(written[id], path)],
    ),
    ...passed.flatMap((part) => checkPoolName(part, poolNames).map((problem) => ({ ...problem, path: part.path }))),
    ...used.flatMap(([name, pool]) =>
      checkPool(pool, ['pools', name], routed.has(name), ofBytes.has(name) ? OF_BYTES : OF_DATAGRAMS),
    ),
    ...used.flatMap(([name, pool]) => (ofUdp.has(name) ? checkUdpPool(pool, ['pools', name]) : [])),
  ];
}

/** What passes on to a pool, in words. */
interface Passing {
  readonly what: string;
  readonly whose: string;
}

const OF_BYTES: Passing = { what: 'bytes', whose: 'its connections have' };
const OF_DATAGRAMS: Passing = { what: 'datagrams', whose: 'they have' };

const OF_REQUESTS = ['halfClose', 'underscores'] as const;

/** A FIN of either side is always passed on, and there are no headers. */
function findHttpKeys(written: unknown, path: Path): readonly Problem[] {
  if (!isWrittenMap(written)) return [];
  return OF_REQUESTS.filter((name) => Object.hasOwn(written, name)).map((name) => {
    const mistake = new Mistake('this key is about requests, and a listener with "tcp" has none', 'Take it out.');
    return { path: [...path, name], atKey: true, mistake };
  });
}

/** What "tcp" is about beside TLS is what comes out of it. */
function findNothingOpened(written: unknown, path: Path): readonly Problem[] {
  if (!isWrittenMap(written) || !passesAll(written['tls'])) return [];
  const mistake = new Mistake(
    '"tcp" beside "tls" is for connections that are opened here, and there are no certificates for that',
    'Add certificates, or take "tcp" out.',
  );
  return [{ path: [...path, 'tcp'], atKey: true, mistake }];
}

function checkPool(
  { policy, sticky, tls }: WrittenPool,
  path: Path,
  isRouted: boolean,
  { what, whose }: Passing,
): readonly Problem[] {
  const problems: Problem[] = [];
  const part = findHttpPart(policy);
  if (part !== null) {
    const mistake = new Mistake(
      `a listener passes ${what} on to this pool, and ${whose} no ${part}`,
      'Hash by client, or take another policy; a route may have a policy of its own.',
    );
    problems.push({ path: [...path, 'policy'], mistake });
  }
  if (sticky !== null && !isRouted) {
    const mistake = new Mistake(
      `nothing but ${what} is passed on to this pool, and ${whose} no cookies`,
      'Take it out; policy: { hash: client } keeps clients at their endpoints.',
    );
    problems.push({ path: [...path, 'sticky'], mistake });
  }
  if (tls !== null) {
    const mistake = new Mistake(
      `${what} are passed on to this pool as they come, and no TLS of our own is spoken there`,
      'Take tls out: clients may speak it themselves. Or give the listener a pool of its own.',
    );
    problems.push({ path: [...path, 'tls'], mistake });
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
