/** Connections that do a handshake of TLS and end: `openssl s_time`, several at a time, and what it counted. */
import { startPinned } from './children.ts';
import { findCommand } from './commands.ts';
import type { WrkResult } from './wrk.ts';

/** `new`: TLS 1.3, a whole handshake each; `resumed`: TLS 1.2, all with the session of the first. */
export type HandshakeKind = 'new' | 'resumed';

export interface HandshakeLoad {
  readonly port: number;
  readonly kind: HandshakeKind;
  readonly seconds: number;
}

/** Each does one handshake after the other: fewer would leave the proxy waiting for them. */
const PROCESSES = 8;
const OPTIONS: Readonly<Record<HandshakeKind, readonly string[]>> = {
  new: ['-new', '-tls1_3'],
  resumed: ['-reuse', '-tls1_2'],
};

/** A request is one connection here. Latencies are not known. */
export async function runHandshakes(core: number, load: HandshakeLoad): Promise<WrkResult> {
  const begin = performance.now();
  const counts = await Promise.all(Array.from({ length: PROCESSES }, () => runOne(core, load)));
  const durationUs = Math.round((performance.now() - begin) * 1000);
  const sum = (of: (count: Counted) => number): number => counts.reduce((total, count) => total + of(count), 0);
  const errors = { connect: sum(({ failed }) => failed), read: 0, write: 0, timeout: 0, status: sum(({ odd }) => odd) };
  return { requests: sum(({ done }) => done), durationUs, bytes: 0, p50Us: NaN, p99Us: NaN, errors };
}

interface Counted {
  readonly done: number;
  readonly failed: number;
  /** That were resumed and should not have been, or the other way round. */
  readonly odd: number;
}

async function runOne(core: number, { port, kind, seconds }: HandshakeLoad): Promise<Counted> {
  const args = ['s_time', '-connect', `127.0.0.1:${port}`, '-time', String(seconds), ...OPTIONS[kind]];
  const child = startPinned(core, { command: findCommand('openssl') ?? 'openssl', args });
  const lines: string[] = [];
  child.onLine((line) => lines.push(line));
  const code = await child.exited;
  return readCounts(lines, kind, code);
}

/** A letter for each connection, `r` for those that were resumed, and then how many there were. */
export function readCounts(lines: readonly string[], kind: HandshakeKind, code: number): Counted {
  const letters = lines.filter((line) => /^[a-z*\d]+$/i.test(line)).join('');
  const resumed = letters.replaceAll(/[^r]/g, '').length;
  const done = Number(lines.map((line) => /^(\d+) connections in \d+ real seconds/.exec(line)?.[1]).find(Boolean) ?? 0);
  return { done, failed: code === 0 ? 0 : 1, odd: kind === 'new' ? resumed : done - resumed };
}
