/** All that only threads with listeners of layer 4 need: loaded by the first snapshot that has any. */
export { TcpPoolDialer } from '../../tcp/tcp-pool-dialer.ts';
export { TcpSessions } from './tcp-sessions.ts';
