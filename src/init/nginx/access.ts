/** `allow` and `deny` of nginx as those of a route, where they mean the same. */
import { BlockList, isIP } from 'node:net';
import type { RouteInput } from '../../config/config-input.ts';
import type { Report } from '../report.ts';
import type { Directive } from './parse-nginx.ts';
import type { Scope } from './scope.ts';

/** Undefined: no such rule. */
export interface TakenAccess {
  readonly allow?: NonNullable<RouteInput['allow']>;
  readonly deny?: NonNullable<RouteInput['deny']>;
}

interface Rule {
  readonly isAllow: boolean;
  /** As the config writes it. */
  readonly network: string;
}

export function isAccessRule({ name }: Directive): boolean {
  return name === 'allow' || name === 'deny';
}

/**
 * The rules in force at a place, {} where they keep nobody out. Null: they cannot be said here, or keep everybody out.
 * nginx goes by the first rule that meets a client, Fairlead by `deny` first, then by `allow`: the same where no client is
 * in an `allow` with a `deny` behind it.
 */
export function readAccess(scope: Scope): TakenAccess | null {
  const written = scope.findRules(isAccessRule);
  const end = written.findIndex(({ args }) => args[0] === 'all');
  const isClosed = end >= 0 && written[end].name === 'deny';
  const rules = (end < 0 ? written : written.slice(0, end)).map(toRule);
  if (rules.includes(null)) return null;
  const taken = rules as readonly Rule[];
  const isTurned = taken.some((rule, at) => rule.isAllow && taken.slice(at).some((later) => isAgainst(rule, later)));
  if (isTurned) return null;
  const of = (isAllow: boolean): string[] => [
    ...new Set(taken.filter((rule) => rule.isAllow === isAllow).map(({ network }) => network)),
  ];
  const [allow, deny] = [of(true), of(false)];
  if (isClosed && allow.length === 0) return null;
  return { ...(isClosed ? { allow } : {}), ...(deny.length === 0 ? {} : { deny }) };
}

/** Lists them as taken over. */
export function takeAccess(scope: Scope, report: Report): void {
  for (const rule of scope.findRules(isAccessRule)) report.take(rule);
}

function toRule({ name, args }: Directive): Rule | null {
  const [text = ''] = args;
  const isAllow = name === 'allow';
  if (text === 'unix:') return { isAllow, network: 'unix' };
  const [address, bits, ...rest] = text.split('/');
  const family = isIP(address);
  const isBlock = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
  return family === 0 || !isBlock || rest.length > 0 ? null : { isAllow, network: text.toLowerCase() };
}

/** It denies somebody whom the rule in front of it allows. */
function isAgainst(rule: Rule, later: Rule): boolean {
  if (later.isAllow) return false;
  if (rule.network === 'unix' || later.network === 'unix') return rule.network === later.network;
  return holds(rule.network, later.network) || holds(later.network, rule.network);
}

/** Of two blocks one is in the other, or they have nothing in common. */
function holds(outer: string, inner: string): boolean {
  const [network, bits] = outer.split('/');
  const list = new BlockList();
  const family = familyOf(network);
  if (bits === undefined) list.addAddress(network, family);
  else list.addSubnet(network, Number(bits), family);
  const [first] = inner.split('/');
  return list.check(first, familyOf(first));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}
