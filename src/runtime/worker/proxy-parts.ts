/** All that only threads with PROXY headers need, in front or behind: loaded by the first snapshot that has any. */
export { ProxiedDialer } from '../../http1/proxied-client-session.ts';
export { ProxyStage } from '../../net/stages/proxy.ts';
export { OwnedLeases } from '../../upstream/owned-leases.ts';
