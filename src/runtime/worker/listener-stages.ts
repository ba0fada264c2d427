/** What the connections of a listener pass before their protocol begins. */
import { BAD_PROXY_HEADER } from '../../core/errors.ts';
import type { KeptMemory } from '../../core/kept-memory.ts';
import type { ListenerSpec, Timeouts } from '../../core/snapshot.ts';
import { createAddressList } from '../../net/address-list.ts';
import type { Stage } from '../../net/stages.ts';
import type { TimerWheel } from '../../net/timer-wheel.ts';
import type { ConnectionRefusals } from './connection-refusals.ts';
import type { LoadedParts } from './loaded-parts.ts';

export interface StagesHost {
  readonly wheel: TimerWheel;
  readonly memory: KeptMemory;
  readonly timeouts: Timeouts;
  readonly refusals: ConnectionRefusals;
  readonly parts: Pick<LoadedParts, 'proxyParts' | 'tls'>;
}

/** Empty: its connections go straight to their protocol. */
export function stagesOf(listener: ListenerSpec, host: StagesHost): readonly Stage[] {
  return [...proxyStages(listener, host), ...tlsStages(listener, host)];
}

function tlsStages(listener: ListenerSpec, host: StagesHost): readonly Stage[] {
  if (listener.tls === null) return [];
  if (host.parts.tls === null) throw new Error(`listener ${listener.id} ends TLS, and nothing was loaded for it`);
  return [host.parts.tls.stageOf(listener)];
}

function proxyStages({ id, proxyProtocol }: ListenerSpec, host: StagesHost): readonly Stage[] {
  if (proxyProtocol === null) return [];
  const { wheel, memory, refusals, parts } = host;
  return [
    new parts.proxyParts.ProxyStage({
      mode: proxyProtocol.mode,
      wheel,
      memory,
      isSender: createAddressList(proxyProtocol.from),
      timeoutMs: () => host.timeouts.requestHeadMs,
      refused: ({ remoteAddress }, rule) => refusals.note(id, BAD_PROXY_HEADER, rule, remoteAddress),
    }),
  ];
}
