/** `bind` lines as listeners. */
import type { ListenerTlsInput } from '../../config/config-input.ts';
import { withTls } from '../draft.ts';
import type { DraftListener } from '../draft.ts';
import { proxiedListener } from '../proxy-senders.ts';
import type { Report } from '../report.ts';
import { readBindTls } from './bind-tls.ts';
import type { Line } from './parse-haproxy.ts';
import type { Proxy } from './proxy.ts';
import { toSocket } from './values.ts';

export interface Bind {
  readonly from: Line;
  /** As a config writes it: `:80` is every address. */
  readonly listener: DraftListener;
  /** Null: none is written. */
  readonly name: string | null;
  /** Null: it takes what comes without TLS. */
  readonly tls: ListenerTlsInput | null;
  /** Its TLS cannot be taken over, which has been listed. */
  readonly isLeft: boolean;
  /** Connections begin with a PROXY header. */
  readonly takesProxy: boolean;
}

const EVERY_ADDRESS: ReadonlySet<string> = new Set(['', '*', '0.0.0.0', '::', '[::]']);
/** Words with a value behind them. */
const VALUED =
  /^(?:name|maxconn|backlog|crt|crt-list|ca-file|ca-verify-file|crl-file|ciphers|ciphersuites|alpn|npn|verify|curves|ecdhe|sigalgs|interface|mss|tcp-ut|process|thread|shards|nice|mode|user|group|uid|gid|level|id|namespace|ssl-min-ver|ssl-max-ver|tls-ticket-keys|severity-output|proto|guid-prefix|idle-ping|expose-fd|quic-cc-algo|label|ocsp-update|client-sigalgs|crt-ignore-err|ca-ignore-err|ca-sign-file|ca-sign-pass|default-crt|ktls|tcp-md5sig|tcp-ss|cc)$/;
const OF_TLS =
  /^(?:ssl|crt\S*|ca-\S+|crl-file|ciphers|ciphersuites|alpn|npn|verify|curves|ecdhe|sigalgs|client-sigalgs|ssl-\S+|no-(?:ssl|tls)\S+|force-(?:ssl|tls)\S+|strict-sni|tls-ticket-keys|no-alpn|allow-0rtt|default-crt|generate-certificates|prefer-client-ciphers|ocsp-update|ktls)$/;
const NOTHING_TO_SET =
  /^(?:v4v6|v6only|transparent|tfo|defer-accept|backlog|interface|mss|tcp-ut|process|thread|shards|nice|id|accept-netscaler-cip|user|group|mode|uid|gid|proto)$/;

/** Those of a frontend that can be listeners; the others are listed. */
export function readBinds(proxy: Proxy, report: Report): readonly Bind[] {
  // `listen name :80`, as older versions have it.
  const [, address] = proxy.from.args;
  const short = address === undefined || address === 'from' ? [] : readBind(proxy.from, address, [], report);
  return [
    ...short,
    ...proxy.own('bind').flatMap((from) => readBind(from, from.args[0] ?? '', from.args.slice(1), report)),
  ];
}

function readBind(from: Line, places: string, words: readonly string[], report: Report): readonly Bind[] {
  report.take(from);
  const parameters = readParameters(words);
  const tls = parameters.has('ssl') ? readBindTls(from, pairsOf(words), report) : null;
  const isLeft = parameters.has('ssl') && tls === null;
  const hasSocket = places.split(',').some((place) => toSocket(place) !== null);
  for (const [word, value] of parameters) {
    if (hasSocket && OF_SOCKETS.test(word)) continue;
    noteParameter(word, value, from, report);
  }
  const name = parameters.get('name') ?? null;
  const takesProxy = parameters.has('accept-proxy');
  return places.split(',').flatMap((place): readonly Bind[] => {
    const socket = toSocket(place);
    const listeners = socket === null ? toListeners(place) : [readSocket(socket, parameters, from, report)];
    if (listeners.length === 0) report.leave(from, 'a listener is an address and a port, or a path', place);
    return listeners.map((listener) => ({ from, listener, name, tls, isLeft, takesProxy }));
  });
}

/** A bind as it is taken over, which may have something to list. */
export function listenerOf({ listener, tls, takesProxy, from }: Bind, report: Report): DraftListener {
  const proxied = takesProxy ? proxiedListener(listener, [], from, report) : listener;
  return tls === null ? proxied : withTls(proxied, tls);
}

const OF_SOCKETS = /^(?:user|group|mode|uid|gid)$/;

/** A unix socket with what is said of its file. */
function readSocket(
  address: string,
  parameters: ReadonlyMap<string, string>,
  from: Line,
  report: Report,
): DraftListener {
  if (address.startsWith('unix:@')) return address;
  const owner = ['user', 'uid'].find((word) => parameters.has(word));
  if (owner !== undefined)
    report.leave(from, 'its file belongs to the user of the process', `${owner} ${parameters.get(owner)}`);
  const [mode, gid, name] = ['mode', 'gid', 'group'].map((word) => parameters.get(word));
  if (mode === undefined) report.differ(from, 'everybody of its group may connect to it, and nobody else (mode 660)');
  const group = gid !== undefined && /^\d{1,9}$/.test(gid) ? Number(gid) : name;
  const file = { ...(mode === undefined ? {} : { mode }), ...(group === undefined ? {} : { group }) };
  return Object.keys(file).length === 0 ? address : { address, ...file };
}

function readParameters(words: readonly string[]): ReadonlyMap<string, string> {
  return new Map(pairsOf(words));
}

/** Each parameter with its value, `''` where it takes none. */
function pairsOf(words: readonly string[]): readonly (readonly [word: string, value: string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    pairs.push([word, VALUED.test(word) ? (words[++at] ?? '') : '']);
  }
  return pairs;
}

function noteParameter(word: string, value: string, from: Line, report: Report): void {
  if (word === 'name' || word === 'accept-proxy' || OF_TLS.test(word)) return;
  const text = value === '' ? word : `${word} ${value}`;
  if (NOTHING_TO_SET.test(word)) report.same(from, 'nothing to set here', text);
  else if (word === 'maxconn') report.leave(from, 'maxConnections is for the whole process', text);
  else report.leave(from, 'there is no such parameter here', text);
}

/** More ports in a row than this are a mistake, or a matter of layer 4. */
const MOST_PORTS = 64;

/** `:8000-8003` are four of them; none: it is not an address, or has too many ports. */
function toListeners(place: string): readonly string[] {
  const text = place.replace(/^ipv[46]@/, '');
  const found = /^(.*):(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (found === null || text.includes('$') || /[@/]/.test(text)) return [];
  const [, written, first, last = first] = found;
  const host = EVERY_ADDRESS.has(written) ? '' : bracketed(written);
  const count = Number(last) - Number(first) + 1;
  if (count < 1 || count > MOST_PORTS) return [];
  return Array.from({ length: count }, (_, index) => `${host}:${Number(first) + index}`);
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
