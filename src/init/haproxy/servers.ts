/** `server` lines as endpoints. */
import type { EndpointInput } from '../../config/config-input.ts';
import { toEndpoint } from '../endpoint.ts';
import { lacking } from '../features.ts';
import type { Report } from '../report.ts';
import type { Line } from './parse-haproxy.ts';
import { toAddress } from './values.ts';

export interface Server {
  readonly from: Line;
  readonly endpoint: string | EndpointInput;
  /** Its words and their values, those of `default-server` included. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Words without a value. */
const FLAG =
  /^(?:check|backup|disabled|enabled|ssl|send-proxy\S*|check-send-proxy|check-\w+|no-\S+|non-stick|allow-0rtt|force-\S+|tfo|agent-check|downinter-|stick)$/;
const FLAG_WITH_VALUE = /^(?:check-alpn|check-proto|check-sni|check-pool-conn-name)$/;
/** Read here, or by the check. */
const KNOWN: ReadonlySet<string> = new Set([
  ...[
    'weight',
    'maxconn',
    'disabled',
    'enabled',
    'check',
    'no-check',
    'inter',
    'fastinter',
    'downinter',
    'rise',
    'fall',
    'port',
    'backup',
    'slowstart',
    'agent-check',
    'agent-port',
    'agent-inter',
    'send-proxy',
    'send-proxy-v2',
    'send-proxy-v2-ssl',
    'send-proxy-v2-ssl-cn',
    'check-send-proxy',
    'proxy-v2-options',
  ],
]);
const REASONS: readonly (readonly [RegExp, 'left' | 'same', string])[] = [
  [/^cookie$/, 'same', 'values of cookies are made by Fairlead itself'],
  [
    /^(?:observe|error-limit|on-error|on-marked-\w+)$/,
    'left',
    'failures that traffic meets eject an endpoint: pools.*.ejection',
  ],
  [/^(?:resolvers|resolve-\S+|init-addr)$/, 'left', lacking('resolving')],
  [/^(?:minconn|maxqueue)$/, 'left', 'an endpoint has one limit, maxRequests, and its pool one queue'],
  [/^(?:agent-\S+|track|addr|check-\S+)$/, 'left', 'a check asks the endpoint itself, over TCP or HTTP'],
  [/^(?:pool-\S+|max-reuse|id|on-marked-up|non-stick|no-\S+|log-proto|shard|guid)$/, 'same', 'nothing to set here'],
  [/^(?:alpn|proto|ws|npn)$/, 'left', lacking('otherProtocols')],
];
const OF_TLS =
  /^(?:verify\w*|sni|ca-file|crt|crl-file|ciphers|ciphersuites|ssl\S*|no-ssl\S*|no-tls\S*|force-\S+|allow-0rtt|ktls|alpn|npn|curves|sigalgs|client-sigalgs)$/;

/** Of `server` and `default-server` lines, in their order. What cannot be an endpoint is listed. */
export function readServers(lines: readonly Line[], report: Report): readonly Server[] {
  const servers: Server[] = [];
  let defaults: ReadonlyMap<string, string> = new Map();
  for (const line of lines) {
    if (line.name === 'default-server') {
      report.take(line);
      defaults = new Map([...defaults, ...noted(readParameters(line.args), line, report)]);
    } else if (line.name === 'server') {
      const server = readServer(line, defaults, report);
      if (server !== null) servers.push(server);
    }
  }
  return servers;
}

function readServer(from: Line, defaults: ReadonlyMap<string, string>, report: Report): Server | null {
  const [, place = '', ...words] = from.args;
  const own = readParameters(words);
  const parameters = new Map([...defaults, ...own]);
  const address = toAddress(place);
  if (typeof address === 'string') {
    report.leave(from, address);
    return null;
  }
  report.take(from);
  noted(own, from, report);
  const endpoint = toEndpoint(address.address, {
    weight: weightOf(parameters, from, report),
    maxRequests: mostOf(parameters, from, report),
    isBackup: parameters.has('backup'),
  });
  return { from, endpoint, parameters };
}

/** 0: no limit. */
function mostOf(parameters: ReadonlyMap<string, string>, from: Line, report: Report): number {
  const text = parameters.get('maxconn') ?? '0';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  report.leave(from, 'this is not a whole number', `maxconn ${text}`);
  return 0;
}

function weightOf(parameters: ReadonlyMap<string, string>, from: Line, report: Report): number {
  if (parameters.has('disabled') && !parameters.has('enabled')) return 0;
  const weight = parameters.get('weight') ?? '1';
  if (/^\d{1,3}$/.test(weight)) return Number(weight);
  report.leave(from, 'this is not a weight', `weight ${weight}`);
  return 1;
}

function readParameters(words: readonly string[]): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    const isFlag = FLAG.test(word) && !FLAG_WITH_VALUE.test(word);
    parameters.set(word, isFlag ? '' : (words[++at] ?? ''));
  }
  return parameters;
}

/** Lists what Fairlead has not. */
function noted(parameters: ReadonlyMap<string, string>, from: Line, report: Report): ReadonlyMap<string, string> {
  for (const [word, value] of parameters) {
    // What is said of TLS is noted where it is read.
    if (KNOWN.has(word) || OF_TLS.test(word)) continue;
    const [, kind, reason] = REASONS.find(([pattern]) => pattern.test(word)) ?? [
      null,
      'left' as const,
      'Fairlead does not know this parameter',
    ];
    report[kind === 'same' ? 'same' : 'leave'](from, reason, value === '' ? word : `${word} ${value}`);
  }
  return parameters;
}
