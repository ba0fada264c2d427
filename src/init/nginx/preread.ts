/** `ssl_preread` of nginx with a map by the name that a client of TLS asks for: names whose TLS passes through. */
import { lacking } from '../features.ts';
import type { Report } from '../report.ts';
import type { Directive } from './parse-nginx.ts';
import type { Scope } from './scope.ts';

/** A name, and what its connections are passed to: an upstream, or an address. */
export interface PrereadName {
  readonly name: string;
  readonly target: string;
  readonly from: Directive;
}

const NAME = '$ssl_preread_server_name';
const LABELS = /^(?:\*\.)?(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}$/i;
const SOCKET = /^unix:(?!\/)/i;

/** The names by which a server passes connections on; none: it does not, or none of them could be taken over. */
export function readPreread(scope: Scope, maps: readonly Directive[], report: Report): readonly PrereadName[] {
  const preread = scope.find('ssl_preread');
  const variable = /^\$\{?(\w+)\}?$/.exec(scope.find('proxy_pass')?.args[0] ?? '')?.[1];
  const map = maps.findLast(({ args }) => args[0] === NAME && args[1] === `$${variable}`);
  if (preread?.args[0] !== 'on' || map === undefined) return [];
  const hasPatterns = map.children.some(({ name }) => name === 'hostnames');
  const names = map.children.flatMap((entry) => readEntry(entry, hasPatterns, report));
  if (names.length === 0) return [];
  report.take(preread);
  report.take(map);
  return names;
}

function readEntry(entry: Directive, hasPatterns: boolean, report: Report): readonly PrereadName[] {
  const { name: written, args } = entry;
  const [target = ''] = args;
  if (args.length === 0 && (written === 'hostnames' || written === 'volatile')) {
    report.same(entry, 'nothing to set here');
    return [];
  }
  const names = written === 'default' ? [] : namesOf(written, hasPatterns);
  const reason = written === 'default' ? OTHERS : names.length === 0 ? NO_NAME : reasonAgainst(target);
  if (reason !== null) {
    report.leave(entry, reason);
    return [];
  }
  report.take(entry);
  if (names.some((name) => name.startsWith('*.')))
    report.differ(entry, 'a wildcard stands for one label here, for any number in nginx');
  return names.map((name) => ({ name, target, from: entry }));
}

const OTHERS = 'clients that ask for another name, or for none, are refused here';
const NO_NAME = 'a name that passes is a whole one, or *. and the end of one';

/** `.a.example` is a name and all that end in it. */
function namesOf(written: string, hasPatterns: boolean): readonly string[] {
  const name = written.toLowerCase();
  if (hasPatterns && name.startsWith('.')) return LABELS.test(name.slice(1)) ? [name.slice(1), `*${name}`] : [];
  return LABELS.test(name) && (hasPatterns || !name.startsWith('*')) ? [name] : [];
}

function reasonAgainst(target: string): string | null {
  if (target === '' || target.includes('$')) return lacking('computedNames');
  return SOCKET.test(target) ? 'its path is relative to where nginx runs' : null;
}
