/**
 * The time that a client gives for its request: `grpc-timeout` (gRPC over HTTP/2: up to eight digits and a unit), and the
 * header that the route names (seconds, or a number with `ms` or `s`). The endpoint gets what is left of it.
 */
import { find } from '../core/http/header-lines.ts';

const GRPC = 'grpc-timeout';
const GRPC_VALUE = /^(\d{1,8})([HMSmun])$/;
const GRPC_UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
/** More does not fit into milliseconds of eight digits. */
const MOST_GRPC_MS = 99_999_999;
const VALUE = /^(\d{1,9}(?:\.\d{1,9})?)(ms|s)?$/;
/** What a timer can wait for. */
const LONGEST_MS = 2 ** 31 - 1;

export interface Deadline {
  /** From the arrival of the request's head, at least 1. */
  readonly ms: number;
  /** Lines of these names are not passed on, in lower case. */
  readonly names: ReadonlySet<string>;
  /** What the endpoint gets in their place when so much is left. */
  lines(leftMs: number): string;
}

/** `header`: of the route, in lower case; `''`: none. Null: there is no deadline, or none that can be read. */
export function readDeadline(lines: string, header: string): Deadline | null {
  const grpc = readGrpc(find(lines, GRPC));
  const own = header === '' || header === GRPC ? null : readOwn(header, find(lines, header));
  if (grpc === null || own === null) return grpc ?? own;
  return {
    ms: Math.min(grpc.ms, own.ms),
    names: new Set([...grpc.names, ...own.names]),
    lines: (leftMs) => grpc.lines(leftMs) + own.lines(leftMs),
  };
}

function readGrpc(value: string | null): Deadline | null {
  const found = value === null ? null : GRPC_VALUE.exec(value);
  if (found === null) return null;
  return {
    ms: within(Number(found[1]) * GRPC_UNIT_MS[found[2]]),
    names: new Set([GRPC]),
    lines: (leftMs) => `${GRPC}: ${Math.min(MOST_GRPC_MS, Math.ceil(leftMs))}m\r\n`,
  };
}

function readOwn(name: string, value: string | null): Deadline | null {
  const found = value === null ? null : VALUE.exec(value);
  if (found === null) return null;
  const [, amount, unit = ''] = found;
  const factor = unit === 'ms' ? 1 : 1000;
  return {
    ms: within(Number(amount) * factor),
    names: new Set([name]),
    lines: (leftMs) => `${name}: ${Math.ceil(leftMs) / factor}${unit}\r\n`,
  };
}

function within(ms: number): number {
  return Math.min(LONGEST_MS, Math.max(1, ms));
}
