/** `server … ssl` as the TLS of a pool, whose endpoints all speak alike. */
import { isIP } from 'node:net';
import { isHostName } from '../../config/addresses.ts';
import type { PoolInput } from '../../config/config-input.ts';
import type { Sourced } from '../draft.ts';
import { lacking } from '../features.ts';
import type { Report } from '../report.ts';
import type { Line } from './parse-haproxy.ts';
import type { Server } from './servers.ts';

type PoolTls = Exclude<NonNullable<PoolInput['tls']>, 'on' | 'off' | false>;

const FIXED = 'which ciphers there are is fixed';
const REASONS: readonly (readonly [RegExp, 'left' | 'same', string])[] = [
  [/^(?:ciphers|ciphersuites|curves|sigalgs|client-sigalgs|force-tlsv12|ssl-max-ver)$/, 'left', FIXED],
  [/^(?:no-sslv3|no-tlsv1[01]|force-sslv3|force-tlsv1[01])$/, 'same', 'nothing older than TLS 1.2 is spoken'],
  [/^(?:no-tlsv1[23])$/, 'left', 'the newest version that both sides know is spoken'],
  [/^(?:no-ssl-reuse|no-tls-tickets|allow-0rtt|ktls)$/, 'left', 'sessions are resumed where the server allows it'],
  [/^crl-file$/, 'left', lacking('revocation')],
];

export interface SecuredServers {
  /** Those that speak as the first of them does. */
  readonly servers: readonly Server[];
  /** Null: in plain text. */
  readonly tls: Sourced<PoolInput['tls']> | null;
}

/** What cannot be had beside the first server is listed. */
export function readServerTls(servers: readonly Server[], report: Report): SecuredServers {
  const [first] = servers;
  if (first === undefined) return { servers, tls: null };
  const value = tlsOf(first);
  const alike = servers.filter((server) => JSON.stringify(tlsOf(server)) === JSON.stringify(value));
  for (const { from } of servers.filter((server) => !alike.includes(server)))
    report.leave(from, 'endpoints of one pool speak TLS alike, or none does: give it a pool of its own');
  if (value === null) return { servers: alike, tls: null };
  for (const server of alike) note(server, report);
  return { servers: alike, tls: { value: Object.keys(value).length === 0 ? 'on' : value, from: first.from } };
}

export function speaksTls({ parameters }: Pick<Server, 'parameters'>): boolean {
  return parameters.has('ssl') && !parameters.has('no-ssl');
}

function tlsOf(server: Server): PoolTls | null {
  if (!speaksTls(server)) return null;
  const { parameters } = server;
  const isVerified = parameters.get('verify') !== 'none';
  const ca = parameters.get('ca-file');
  const certificate = parameters.get('crt');
  const name = nameOf(parameters);
  const isNew = parameters.get('ssl-min-ver') === 'TLSv1.3' || parameters.has('force-tlsv13');
  return {
    ...(ca === undefined || ca === '@system-ca' || !isVerified ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(name === null ? {} : { name }),
    ...(isVerified ? {} : { verify: 'off' as const }),
    ...(isNew ? { minVersion: '1.3' as const } : {}),
  };
}

/** `verifyhost NAME`, or `sni str(NAME)`; null: the Host that goes out. */
function nameOf(parameters: Server['parameters']): string | null {
  const text = parameters.get('verifyhost') ?? /^str\(([^)]*)\)$/.exec(parameters.get('sni') ?? '')?.[1] ?? '';
  const name = text.toLowerCase();
  return isHostName(name) || isIP(name) !== 0 ? name : null;
}

const OF_HOST = /^(?:req\.)?(?:hdr|fhdr)\(host\)|^ssl_fc_sni\b|^hdr_dom\(host\)/i;

function note({ from, parameters }: Server, report: Report): void {
  noteName(parameters, from, report);
  if (parameters.get('verify') === 'none')
    report.differ(from, 'whoever answers is trusted, as in HAProxy: take verify: off out if you can', 'verify none');
  for (const word of ['ca-file', 'crt']) {
    const file = parameters.get(word) ?? '/';
    if (!/^[/@]/.test(file)) report.differ(from, 'its path is relative to the config here', `${word} ${file}`);
  }
  const alpn = parameters.get('alpn') ?? '';
  if (/\bh[23]\b/.test(alpn)) report.leave(from, lacking('http2'), `alpn ${alpn}`);
  for (const [word, value] of parameters) {
    const [, kind = null, reason = ''] = REASONS.find(([pattern]) => pattern.test(word)) ?? [];
    if (kind !== null) report[kind === 'same' ? 'same' : 'leave'](from, reason, `${word} ${value}`.trim());
  }
}

function noteName(parameters: Server['parameters'], from: Line, report: Report): void {
  const sni = parameters.get('sni');
  const isVerified = parameters.get('verify') !== 'none';
  if (nameOf(parameters) !== null) return;
  if (sni !== undefined && OF_HOST.test(sni))
    report.same(from, 'the name that is asked for is that of the Host that goes out', `sni ${sni}`);
  else if (sni !== undefined)
    report.leave(from, lacking('computedNames', 'the Host that goes out is asked for'), `sni ${sni}`);
  else if (isVerified)
    report.differ(
      from,
      'the name in its certificate is looked at, too: that of the Host that goes out, or tls.name',
      'ssl',
    );
}
