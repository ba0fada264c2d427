/** `use_backend … if { req.ssl_sni … }` of a frontend that passes bytes: names whose TLS passes through. */
import { lacking } from '../features.ts';
import type { Report } from '../report.ts';
import type { Line } from './parse-haproxy.ts';
import type { Proxy } from './proxy.ts';

export interface ServerNameRule {
  readonly name: string;
  readonly backend: string;
  readonly from: Line;
}

const SAMPLE = /^req(?:\.|_)ssl_sni$/;
const LABELS = /^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}$/;

/** In their order. None: there is no such rule, or none that could be taken over. */
export function readServerNames(proxy: Proxy, report: Report): readonly ServerNameRule[] {
  const acls = proxy.findAll('acl');
  const read = proxy.own('use_backend').map((from) => ({ from, ...readCondition(from, acls) }));
  const rules = read.filter(({ names }) => names.length > 0);
  if (rules.length === 0) return [];
  for (const { from, names } of read)
    if (names.length === 0)
      report.leave(from, lacking('tcpRules', 'its connections go by the names that they ask for'));
  for (const { from, names, acls: used } of rules) {
    for (const line of [from, ...used]) report.take(line);
    if (names.some((name) => name.startsWith('*.')))
      report.differ(from, 'a wildcard stands for one label here, for any number in HAProxy');
  }
  for (const line of proxy.own('tcp-request')) noteHello(line, report);
  return rules.flatMap(({ from, names }) => names.map((name) => ({ name, backend: from.args[0] ?? '', from })));
}

interface Names {
  readonly names: readonly string[];
  /** The lines that they stand in. */
  readonly acls: readonly Line[];
}

const NONE: Names = { names: [], acls: [] };

/** One term alone: `if { … }`, or `if NAME`. */
function readCondition({ args }: Line, acls: readonly Line[]): Names {
  const [, keyword, ...words] = args;
  if (keyword !== 'if' || (args[0] ?? '').includes('%')) return NONE;
  if (words[0] === '{' && words.indexOf('}') === words.length - 1)
    return { names: namesOf(words.slice(1, -1)), acls: [] };
  if (words.length !== 1) return NONE;
  const lines = acls.filter((line) => line.args[0] === words[0]);
  const each = lines.map((line) => namesOf(line.args.slice(1)));
  return each.some((names) => names.length === 0) ? NONE : { names: each.flat(), acls: lines };
}

/** `req.ssl_sni -i a.example b.example`, `req.ssl_sni -m end .example`. */
function namesOf(words: readonly string[]): readonly string[] {
  const [sample = '', ...rest] = words;
  if (!SAMPLE.test(sample)) return [];
  const values = rest.filter((word) => word !== '-i');
  const isEnd = values[0] === '-m' && values[1] === 'end';
  const isWhole = values[0] === '-m' && values[1] === 'str';
  const texts = (isEnd || isWhole ? values.slice(2) : values).map((text) => text.toLowerCase());
  const names = isEnd ? texts.map((text) => (text.startsWith('.') ? text.slice(1) : '')) : texts;
  if (!names.every((name) => LABELS.test(name))) return [];
  return isEnd ? names.map((name) => `*.${name}`) : names;
}

/** Lines that make HAProxy wait for the hello. */
function noteHello(line: Line, report: Report): void {
  const [first, second] = line.args;
  const isWait = first === 'inspect-delay' || (first === 'content' && second === 'accept');
  if (isWait) report.same(line, 'the hello is always waited for, as long as timeouts.tlsHandshake says');
}
