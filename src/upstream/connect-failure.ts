/** What a connect to an endpoint failed of. */
import type { CloseReason } from '../net/transport.ts';

export type ConnectFailure = 'refused' | 'unreachable' | 'reset' | 'local-resources';

/** `reason`: why a connection closed that was never established. */
export function connectFailureOf(reason: CloseReason): ConnectFailure {
  switch (reason.kind) {
    case 'refused':
      return 'refused';
    case 'ours':
      return 'local-resources';
    case 'reset':
      return 'reset';
    default:
      return 'unreachable';
  }
}
