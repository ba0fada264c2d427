/** What HAProxy has at each server, and Fairlead once for all endpoints of a pool. */
import type { Sourced } from '../draft.ts';
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
