/** What a config file says of layer 4. */
import type { Config, PoolConfig } from '../config/config.ts';
import type { TcpSpec, UdpSpec } from '../core/snapshot.ts';
import { formatDuration } from './written-units.ts';

type Written = Readonly<Record<string, unknown>>;

export function writeTcp({ pool, idleMs }: TcpSpec): Written {
  return { pool, idle: formatDuration(idleMs) };
}

export function writeUdp({ pool, idleMs, maxSessions }: UdpSpec): Written {
  return { pool, idle: formatDuration(idleMs), maxSessions };
}

/** What a pool says of the times of its sessions: a listener cannot. Those of its requests are in the routes. */
export function sessionTimes({ listeners, settings }: Config, { id }: PoolConfig): Written | undefined {
  const { connectMs, writeIdleMs } = settings.timeouts;
  const passed = listeners.flatMap(({ tcp, tls }) => [tcp ?? [], (tls?.passthrough ?? []).map(({ to }) => to)].flat());
  const tcp = passed.find(({ pool }) => pool === id);
  const times = tcp ?? listeners.find((listener) => listener.udp?.pool === id)?.udp;
  if (times === undefined) return undefined;
  const halfClosedMs = tcp?.halfClosedMs ?? writeIdleMs;
  const own = Object.entries({
    connect: times.connectMs === connectMs ? undefined : formatDuration(times.connectMs),
    writeIdle: halfClosedMs === writeIdleMs ? undefined : formatDuration(halfClosedMs),
  }).filter(([, time]) => time !== undefined);
  return own.length === 0 ? undefined : Object.fromEntries(own);
}
