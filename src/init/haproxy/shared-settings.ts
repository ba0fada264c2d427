/** What HAProxy has at each server, and Fairlead once for all endpoints of a pool. */
import type { Sourced } from '../draft.ts';
import type { PoolInput } from '../../config/config-input.ts';
import { toDuration } from '../milliseconds.ts';
import type { Report } from '../report.ts';
import type { Server } from './servers.ts';
import { parseTime } from './values.ts';

const asWritten = (value: string): unknown => value;

/** The value of the first server that has one; those of others that differ are listed. */
function shared(
  servers: readonly Server[],
  word: string,
  report: Report,
  meaningOf = asWritten,
): Sourced<string> | null {
  const first = servers.find(({ parameters }) => parameters.has(word));
  if (first === undefined) return null;
  const value = first.parameters.get(word) ?? '';
  for (const { from, parameters } of servers) {
    const other = parameters.get(word);
    if (other !== undefined && meaningOf(other) === meaningOf(value)) continue;
    report.leave(from, 'is one value for all endpoints of a pool, here that of another server', word);
  }
  return { value, from: first.from };
}

export function readSlowStart(servers: readonly Server[], report: Report): Sourced<string> | null {
  const found = shared(servers, 'slowstart', report, parseTime);
  if (found === null || found.value === '0') return null;
  // Without a unit it is in ms, as every time.
  const ms = parseTime(found.value);
  if (ms !== null) return { value: toDuration(ms), from: found.from };
  report.leave(found.from, 'this is not a time', `slowstart ${found.value}`);
  return null;
}

const DEFAULT_INTERVAL_MS = 2000;

/** `agent-check agent-port P agent-inter T`. */
export function readAgent(servers: readonly Server[], report: Report): Sourced<object> | null {
  const flag = servers.find(({ parameters }) => parameters.has('agent-check'));
  if (flag === undefined) return null;
  shared(servers, 'agent-check', report);
  const [port, interval] = [shared(servers, 'agent-port', report), shared(servers, 'agent-inter', report, parseTime)];
  if (port === null || !/^[1-9]\d{0,4}$/.test(port.value)) {
    report.leave(flag.from, 'an agent has a port: agent-port', 'agent-check');
    return null;
  }
  const ms = interval === null ? DEFAULT_INTERVAL_MS : (parseTime(interval.value) ?? DEFAULT_INTERVAL_MS);
  return { value: { port: Number(port.value), interval: toDuration(ms) }, from: flag.from };
}

const SEND_PROXY = /^send-proxy(-v2(?:-ssl(?:-cn)?)?)?$/;
const FIELDS = ['alpn', 'authority', 'unique-id', 'ssl', 'crc32c'] as const;
/** Options that `ssl` stands for here: with each of them HAProxy writes a field of TLS. */
const OF_TLS: readonly string[] = ['ssl', 'cert-cn', 'ssl-cipher', 'cert-sig', 'cert-key'];

/** `send-proxy`, `send-proxy-v2` and its options. Null: none of them has it, or not all. */
export function readProxyProtocol(
  servers: readonly Server[],
  report: Report,
): Sourced<PoolInput['proxyProtocol']> | null {
  const words = servers.map(sendProxyOf);
  const [first] = words;
  for (const [at, { from, parameters }] of servers.entries()) {
    const word = words[at];
    if (word !== null && word !== first)
      report.leave(from, 'all endpoints of a pool get a PROXY header, and the same one, or none does', word);
    if (!parameters.has('check-send-proxy')) continue;
    if (word === null) report.leave(from, 'a check begins as the requests to its pool do', 'check-send-proxy');
    else report.same(from, 'checks begin with it as well', 'check-send-proxy');
  }
  const [server] = servers;
  if (first === undefined || first === null) return null;
  if (words.some((word) => word !== first)) {
    report.leave(server.from, 'all endpoints of a pool get a PROXY header, and the same one, or none does', first);
    return null;
  }
  return { value: first === 'send-proxy' ? 'v1' : readVersion2(server, first, report), from: server.from };
}

/** Options of version 2 alone are enough for HAProxy to send a header: of version 1. */
function sendProxyOf({ parameters }: Server): string | null {
  const word = [...parameters.keys()].find((each) => SEND_PROXY.test(each));
  return word ?? (parameters.has('proxy-v2-options') ? 'send-proxy' : null);
}

function readVersion2({ from, parameters }: Server, word: string, report: Report): PoolInput['proxyProtocol'] {
  const options = (parameters.get('proxy-v2-options') ?? '').split(',').filter((option) => option !== '');
  const ofTls = options.filter((option) => OF_TLS.includes(option));
  const saysTls = word !== 'send-proxy-v2' || ofTls.length > 0;
  // HAProxy writes the protocol whether it is told to or not.
  const wanted = new Set([...options, ...(saysTls ? ['alpn', 'ssl'] : [])]);
  const add = FIELDS.filter((field) => wanted.has(field));
  const others = options.filter((option) => !OF_TLS.includes(option) && !FIELDS.some((field) => field === option));
  if (others.length > 0) report.leave(from, 'there is no such field', `proxy-v2-options ${others.join(',')}`);
  if (saysTls) report.differ(from, WHOLE_FIELD, ofTls.length === 0 ? word : `proxy-v2-options ${ofTls.join(',')}`);
  return add.length === 0 ? 'v2' : { version: 2, add };
}

const WHOLE_FIELD =
  'the field of TLS says all of it: version, cipher, the client’s common name, how the certificate shown is signed and its type of key; a client without TLS has no such field';
