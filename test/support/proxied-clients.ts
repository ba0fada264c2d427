/** Clients behind a balancer that sends PROXY headers, and what becomes of them. */
import assert from 'node:assert/strict';
import type { ListenerSpec } from '../../src/core/snapshot.ts';
import type { RefusedConnections } from '../../src/runtime/shared/data-plane-report.ts';
import type { TestPlane } from './data-plane.ts';
import { readResponse } from './proxied.ts';
import { binaryHeader, ends } from './proxy-headers.ts';
import type { RawPeer } from './segmented-socket.ts';
import { until } from './until.ts';

/** A timer is late by up to two ticks of the wheel. */
export const LATE_MS = 100;

export const LINE = 'PROXY TCP4 192.0.2.10 198.51.100.1 40000 8443\r\n';
export const BLOCK = binaryHeader(0x21, 0x21, ends('2001:db8::a', '2001:db8::1', 40_000, 8443)).toString('latin1');
export const LOCAL = binaryHeader(0x20, 0, Buffer.alloc(0)).toString('latin1');

export function proxyListener(mode: 'require' | 'detect', from = '127.0.0.0/8'): Partial<ListenerSpec> {
  return { proxyProtocol: { mode, from: [from] } };
}

export async function askHead(peer: RawPeer, request: string): Promise<string> {
  await peer.send(request);
  return (await readResponse(peer)).body;
}

export function valueOf(head: string, name: string): string | null {
  return new RegExp(`\\r\\n${name}: ([^\\r]*)\\r\\n`, 'i').exec(head)?.[1] ?? null;
}

export function refusalsOf({ reports }: TestPlane): readonly RefusedConnections[] {
  return reports.flatMap((report) => (report.type === 'connections-refused' ? [report] : []));
}

export async function assertRefused(plane: TestPlane, rule: string): Promise<void> {
  await until(() => refusalsOf(plane).length > 0, 'it is told');
  const [{ listener: id, reason, rule: said, address, count }] = refusalsOf(plane);
  assert.deepEqual(
    { id, reason, said, address, count },
    { id: 'web', reason: 'bad-proxy-header', said: rule, address: '127.0.0.1', count: 1 },
  );
}
