/** Why a line of HAProxy is not taken over: what Fairlead has instead, or that it has nothing yet. */
import { lacking } from '../features.ts';
import type { Report } from '../report.ts';
import { readGuarded } from './conditions.ts';
import type { Line } from './parse-haproxy.ts';
import type { Proxy } from './proxy.ts';

type Kind = 'same' | 'left' | 'guard';
type Reason = readonly [pattern: RegExp, kind: Kind, reason: string];

const GUARD = lacking('access');
const RATES = lacking('rates');
const METRICS = lacking('metrics');
const PROGRAMS = lacking('programs');
const IS_RATE = /\b(?:sc\d?_|src_(?:conn|http|bytes|get_gpc|inc_gpc|sess)|table_|track-sc)/;

/** By the line from its name on, in one text. */
const REASONS: readonly Reason[] = [
  [
    /^http-request (?:deny|reject|tarpit|auth|silent-drop)\b|^block\b|^tcp-request \w+ (?:reject|silent-drop)/,
    'guard',
    GUARD,
  ],
  [/^(?:http-request auth|stats auth|req(?:i?)(?:deny|tarpit))\b/, 'guard', GUARD],
  [/^(?:http-request redirect|redirect)\b/, 'left', lacking('redirects')],
  [/^(?:http-request return|errorfiles?|errorloc\w*|http-error|monitor-\w+)\b/, 'left', lacking('answers')],
  [
    /^http-request (?:set-path|set-pathq|set-uri|replace-path|replace-pathq|replace-uri|normalize-uri|set-query|set-method)\b|^reqi?rep\b/,
    'left',
    lacking('rewriting'),
  ],
  [
    /^http-request (?:set-header|add-header|replace-header|replace-value) x-(?:forwarded-(?:for|proto|host|port)|request-id)\b/i,
    'same',
    'Fairlead sends it by itself',
  ],
  [
    /^(?:http-request (?:set|add|del|replace)-\w*|req(?:i?)(?:add|del|set)|reqadd)\b/,
    'left',
    lacking('requestHeaders'),
  ],
  [/^http-(?:after-)?response (?:set|add|replace)-header access-control-/i, 'left', lacking('cors')],
  [/^(?:http-response|http-after-response|rsp\w+)\b/, 'left', lacking('responseHeaders')],
  [/^(?:http-request|tcp-request \w+) (?:track-sc\d?|sc-\S+)|^(?:stick-table|rate-limit)\b/, 'left', RATES],
  [
    /^(?:cookie|stick|appsession|persist|force-persist|ignore-persist|option (?:persist|prefer-last-server))\b/,
    'left',
    lacking('sticky'),
  ],
  [/^(?:compression|filter compression)\b/, 'left', lacking('compression')],
  [/^(?:http-request cache-use|filter cache|cache)\b/, 'left', lacking('cache')],
  [
    /^(?:filter|http-request (?:lua|use-service|send-spoe\S*|set-var|unset-var|wait-for-\S+|do-resolve|capture|set-\S+)|lua-\S+)\b/,
    'left',
    PROGRAMS,
  ],
  [/^(?:stats|listen stats)\b/, 'left', METRICS],
  [
    /^(?:log|log-\w+|option (?:httplog|tcplog|httpslog|dontlognull|dontlog-normal|logasap|log-\S+|clf)|capture|unique-id-\w+|no log)\b/,
    'left',
    'the access log has a config of its own: accessLog',
  ],
  [/^option (?:forwardfor|originalto|forwarded)\b/, 'same', 'X-Forwarded-For and the like are sent by themselves'],
  [
    /^(?:no )?option (?:http-server-close|http-keep-alive|httpclose|forceclose|http-pretend-keepalive|http-tunnel|http-no-delay|http-ignore-probes|http-use-htx|http-use-proxy-header|abortonclose|splice-\w+|tcp-smart-\w+|tcpka|clitcpka|srvtcpka|clitcpka-\w+|contstats|socket-stats|nolinger|idle-close-on-response|checkcache|disable-h2-upgrade|h1-case-adjust-\w+|independent-streams|spop-check|http-restrict-req-hdr-names|transparent|accept-invalid-\S+|accept-unsafe-\S+)\b/,
    'same',
    'nothing to set here',
  ],
  [
    /^option (?:mysql-check|pgsql-check|redis-check|smtpchk|ldap-check|tcp-check|ssl-hello-chk|external-check)\b|^(?:tcp-check|external-check)\b/,
    'left',
    'a check is a connection, or a request over HTTP',
  ],
  [/^option allbackups\b/, 'same', 'all backups take requests'],
  [/^option log-health-checks\b/, 'same', 'each change of health is logged'],
  [/^option http-buffer-request\b/, 'left', 'bodies stream through, and are kept only for a retry'],
  [
    /^(?:backlog|fullconn|hash-\w+|http-reuse|id|description|enabled|guid|grace|bind-process|load-server-state\S*|max-keep-alive-queue|max-session-srv-conns|declare|clitimeout|source|option source)\b/,
    'same',
    'nothing to set here',
  ],
  [
    /^(?:server-template|dispatch)\b/,
    'left',
    'endpoints are written one by one; names are resolved when the config is read',
  ],
  [/^use-server\b/, 'left', 'the policy alone chooses the endpoint'],
  [/^timeout\b/, 'left', 'there is no such timeout'],
  [/^maxconn\b/, 'left', 'maxConnections is for the whole process'],
  [
    /^(?:tcp-request|tcp-response) (?:inspect-delay|content|connection|session)\b/,
    'left',
    'there are no rules for connections',
  ],
  [/^mode http\b/, 'same', 'listeners and pools speak HTTP'],
  [/^mode\b/, 'same', 'the listener has tcp'],
  [/^(?:email-alert|external-check|program|mailers|ring|traces)\b/, 'left', 'Fairlead starts and tells nobody'],
];

/** Of the `global` section: what is no matter of where requests go. */
const OF_PROCESS: readonly Reason[] = [
  [/^(?:log|log-\S+)\b/, 'left', 'the access log has a config of its own: accessLog'],
  [/^(?:stats|server-state\S*)\b/, 'left', METRICS],
  [/^ssl-(?:default-server-\S+|server-verify)/, 'left', 'TLS to servers has its settings in each pool: pools.*.tls'],
  [
    /^(?:ssl-(?:default-bind-(?:ciphers|ciphersuites|curves|sigalgs|client-sigalgs)|dh-param-file)|tune\.ssl\S*)/,
    'same',
    'which ciphers, curves and sessions there are is fixed',
  ],
  [/^ssl-mode-async\b/, 'same', 'nothing to set here'],
  [/^(?:ssl\S*|ca-base|crt-base|issuers-\S+)\b/, 'left', 'no listener that was taken over uses it'],
  [/^h1-\S+/, 'left', 'names of headers go through as they came'],
  [/^(?:h2-\S+|tune\.h2\S*|tune\.quic\S*)\b/, 'left', lacking('http2')],
  [
    /^(?:maxconnrate|maxsessrate|maxsslconn|maxsslrate|maxcomprate|maxpipes|maxzlibmem|maxcompcpuusage)\b/,
    'left',
    RATES,
  ],
  [/^hard-stop-after\b/, 'left', 'timeouts.drain bounds the end'],
  [/^tune\.(?:bufsize|maxrewrite|http\.\S+)/, 'left', 'limits.head and limits.headers bound the head of a message'],
  [/^(?:lua-\S+|module-\S+)\b/, 'left', PROGRAMS],
];

export function listLine(line: Line, section: Line, report: Report): void {
  const [kind, reason] = section.name === 'global' ? reasonInGlobal(line) : reasonOf(line);
  report[kind === 'left' ? 'leave' : kind](line, reason);
}

function reasonInGlobal(line: Line): readonly [Kind, string] {
  const found = OF_PROCESS.find(([pattern]) => pattern.test(wordsOf(line)));
  return found === undefined
    ? ['same', 'a matter of whoever starts the process: systemd, a container']
    : [found[1], found[2]];
}

function reasonOf(line: Line): readonly [Kind, string] {
  const words = wordsOf(line);
  const found = REASONS.find(([pattern]) => pattern.test(words));
  if (found?.[1] === 'guard' && IS_RATE.test(words)) return ['left', RATES];
  if (found !== undefined) return [found[1], found[2]];
  if (line.name === 'acl') return ['left', 'no rule that was taken over uses it'];
  return ['left', 'Fairlead does not know this directive, or nothing that was taken over uses it'];
}

/** Sections that are neither global, defaults, frontend, backend nor listen. */
export function listSection(section: Line, report: Report): void {
  const reasons: Readonly<Record<string, string>> = {
    userlist: GUARD,
    resolvers: 'names are resolved by the system, when the config is read',
    peers: lacking('stickTables'),
    cache: lacking('cache'),
    'http-errors': lacking('answers'),
  };
  report.leave(section, reasons[section.name] ?? 'Fairlead has nothing like this section');
}

export interface Refusal {
  readonly kind: 'guard' | 'left';
  readonly reason: string;
}

/** Why nothing of a proxy may be taken over; null: it may. */
export function refusalOf(proxy: Proxy): Refusal | null {
  if (isDisabled(proxy)) return { kind: 'left', reason: 'it is disabled' };
  const acls = proxy.findAll('acl');
  const guard = guardsOf(proxy).find((line) => !proxy.isFront || readGuarded(conditionOf(line), acls) === 'all');
  if (guard !== undefined)
    return {
      kind: 'guard',
      reason: `"${guard.text}": ${lacking('access', proxy.isFront ? 'left out' : 'its requests get 502')}`,
    };
  const answer = proxy.from.children.find((line) => answersAll(line));
  if (answer === undefined) return null;
  return {
    kind: 'left',
    reason: `"${answer.text}" answers everything: ${lacking('answers')}`,
  };
}

/** Without a mode it passes bytes. */
export function isHttp(proxy: Proxy): boolean {
  return proxy.find('mode')?.args[0] === 'http';
}

/** The same of a proxy that passes bytes. */
export function refusalOfTcp(proxy: Proxy): Refusal | null {
  const mode = proxy.find('mode');
  if (isDisabled(proxy)) return { kind: 'left', reason: 'it is disabled' };
  if (mode !== null && mode.args[0] !== 'tcp')
    return { kind: 'left', reason: `"${mode.text}": ${lacking('otherProtocols')}` };
  const guard = guardsOf(proxy)[0];
  return guard === undefined ? null : { kind: 'guard', reason: `"${guard.text}": ${lacking('access', 'left out')}` };
}

function isDisabled(proxy: Proxy): boolean {
  return proxy.find('disabled') !== null && proxy.find('enabled') === null;
}

/** Its lines that keep somebody out. */
export function guardsOf(proxy: Proxy): readonly Line[] {
  return proxy.from.children.filter((line) => reasonOf(line)[0] === 'guard');
}

/** From `if` or `unless` on. */
export function conditionOf({ args }: Line): readonly string[] {
  const at = args.findIndex((word) => word === 'if' || word === 'unless');
  return at < 0 ? [] : args.slice(at);
}

function answersAll(line: Line): boolean {
  return /^http-request return\b/.test(wordsOf(line)) && conditionOf(line).length === 0;
}

function isRedirect(line: Line): boolean {
  return /^(?:http-request redirect|redirect)\b/.test(wordsOf(line));
}

/** Its lines that redirect, in the order in which they are looked at. */
export function redirectsOf({ from: { children } }: Proxy): readonly Line[] {
  return children.filter(isRedirect).toSorted((a, b) => Number(a.name === 'redirect') - Number(b.name === 'redirect'));
}

/** Whether no request gets past them. */
export function redirectsAll(proxy: Proxy): boolean {
  return redirectsOf(proxy).some((line) => conditionOf(line).length === 0);
}

function wordsOf({ name, args }: Line): string {
  return [name, ...args].join(' ');
}
