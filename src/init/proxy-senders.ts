/** Who may send a PROXY header, where another program takes one from anybody. */
import type { ListenerInput } from '../config/config-input.ts';
import { addressOf } from './draft.ts';
import type { DraftListener } from './draft.ts';
import type { Report } from './report.ts';
import type { Statement } from './statement.ts';

/** Of private networks: balancers in front stand hardly anywhere else. */
const PRIVATE_NETWORKS = ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '::1', 'fc00::/7'];

/** The same listener, where connections begin with a PROXY header. Lists who may send one. */
export function proxiedListener(
  listener: DraftListener,
  senders: readonly string[],
  from: Statement,
  report: Report,
): ListenerInput {
  const written = typeof listener === 'string' ? { address: listener } : listener;
  if (addressOf(listener).startsWith('unix:')) return { ...written, proxyProtocol: { from: ['unix'] } };
  if (senders.length > 0) return { ...written, proxyProtocol: { from: [...senders] } };
  report.differ(
    from,
    'PROXY headers are taken from private networks alone: name the balancers in front in proxyProtocol.from',
  );
  return { ...written, proxyProtocol: { from: PRIVATE_NETWORKS } };
}
