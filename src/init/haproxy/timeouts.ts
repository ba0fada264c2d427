/** What `timeout` lines mean: those of clients hold for the whole config, those of servers for a pool. */
import type { Report } from '../report.ts';
import { toDuration } from '../milliseconds.ts';
import type { Draft, Sourced } from '../draft.ts';
import type { Line } from './parse-haproxy.ts';
import type { Proxy } from './proxy.ts';
import { parseTime } from './values.ts';

interface Time {
  readonly from: Line;
  readonly ms: number;
}

/** Null where it is not written, or is no time that Fairlead can have, which is listed. */
export function readTime(line: Line | null, text: string | undefined, report: Report): Time | null {
  if (line === null) return null;
  const ms = parseTime(text ?? '');
  if (ms !== null && ms > 0) {
    report.take(line);
    return { from: line, ms };
  }
  report.leave(line, ms === 0 ? 'each wait has an end here' : 'this is not a time');
  return null;
}

/** Each by its own names, then by those of older versions. */
function timeoutOf(proxy: Proxy, name: string, report: Report): Time | null {
  const old: Readonly<Record<string, string>> = { client: 'clitimeout', server: 'srvtimeout', connect: 'contimeout' };
  const line = proxy.find('timeout', name);
  if (line !== null) return readTime(line, line.args[1], report);
  const older = Object.hasOwn(old, name) ? proxy.find(old[name]) : null;
  return readTime(older, older?.args[0], report);
}

/** Puts the timeouts of a frontend into the draft. */
export function addClientTimeouts(proxy: Proxy, draft: Draft, report: Report): void {
  const client = timeoutOf(proxy, 'client', report);
  const head = timeoutOf(proxy, 'http-request', report) ?? client;
  const keepAlive = timeoutOf(proxy, 'http-keep-alive', report) ?? head;
  const times = [
    ['requestHead', head],
    ['requestBodyIdle', client],
    ['keepAlive', keepAlive],
  ] as const;
  for (const [key, time] of times) {
    if (time !== null) draft.timeouts.set(key, { value: toDuration(time.ms), from: time.from });
  }
}

/** How long a request waits for a place; null where that is not written, and as long as for a connect. */
export function readQueue(proxy: Proxy, report: Report): Sourced<object> | null {
  const time = timeoutOf(proxy, 'queue', report);
  return time === null ? null : { value: { timeout: toDuration(time.ms) }, from: time.from };
}

/** `timeouts` of a pool whose sessions pass bytes; null where nothing is written. */
export function readTcpTimeouts(proxy: Proxy, report: Report): Sourced<object> | null {
  const connect = timeoutOf(proxy, 'connect', report);
  const ended = timeoutOf(proxy, 'server-fin', report) ?? timeoutOf(proxy, 'client-fin', report);
  const times = { ...timeAs('connect', connect), ...timeAs('writeIdle', ended) };
  const from = connect?.from ?? ended?.from;
  return from === undefined ? null : { value: times, from };
}

function timeAs(key: string, time: Time | null): Readonly<Record<string, string>> {
  return time === null ? {} : { [key]: toDuration(time.ms) };
}

/** How long a session between these two may be silent; null where nothing is written. */
export function readSessionIdle(front: Proxy, back: Proxy, report: Report): string | null {
  const tunnel = timeoutOf(back, 'tunnel', report);
  // Each side has its own time there. Both are taken, so that neither is listed as left out.
  const times = [timeoutOf(front, 'client', report), timeoutOf(back, 'server', report)].filter((time) => time !== null);
  const shorter = times.reduce((least, { ms }) => Math.min(least, ms), Infinity);
  const ms = tunnel?.ms ?? shorter;
  return ms === Infinity ? null : toDuration(ms);
}

/** `timeouts` of a pool; null where nothing is written. `front` is what leads to it. */
export function readServerTimeouts(proxy: Proxy, front: Proxy, report: Report): Sourced<object> | null {
  const connect = timeoutOf(proxy, 'connect', report);
  const server = timeoutOf(proxy, 'server', report);
  const client = timeoutOf(front, 'client', report);
  const written = timeoutOf(proxy, 'tunnel', report);
  // Without a time of its own a tunnel has the shorter of the two others.
  const [shorter] = [server, client].filter((time) => time !== null).sort((a, b) => a.ms - b.ms);
  const tunnel = written ?? (server === null ? undefined : shorter);
  const times = [
    ['connect', connect],
    ['responseHead', server],
    ['responseIdle', server],
    ['tunnelIdle', tunnel],
  ] as const;
  const known = times.flatMap(([key, time]) => (time === null || time === undefined ? [] : [[key, time] as const]));
  if (known.length === 0) return null;
  return { value: Object.fromEntries(known.map(([key, { ms }]) => [key, toDuration(ms)])), from: known[0][1].from };
}
