/**
 * All that only threads need whose connections begin with something else than their protocol: PROXY headers, in front or
 * behind, and TLS in front. Loaded by the first snapshot that has any.
 */
export { ProxiedDialer } from '../../http1/proxied-client-session.ts';
export { ProxyStage } from '../../net/stages/proxy.ts';
export { stagesOf } from './listener-stages.ts';
export { StagedSession } from './staged-session.ts';
export { OwnedLeases } from '../../upstream/owned-leases.ts';
