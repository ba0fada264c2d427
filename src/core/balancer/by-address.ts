/** The policy by which a request of Socket.IO that brings no sticky cookie is picked for. */
import type { PolicySpec } from '../snapshot.ts';

/** One endpoint for all that a client's address sends, without a bound of load. */
export const BY_ADDRESS: PolicySpec = {
  hash: { key: { parts: ['client'], missing: 'random' }, table: 'ring', boundedLoad: 0 },
};
