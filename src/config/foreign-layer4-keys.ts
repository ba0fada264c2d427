/** Keys of other programs in `tcp` and `udp` of a listener: what they are called here. */

const POOL =
  'to backend backends upstream upstreams service services target targets server servers endpoint endpoints address url proxypass defaultbackend cluster name';
const IDLE = 'timeout proxytimeout idletimeout timeoutclient timeoutserver timeouttunnel sessiontimeout ttl';

const TCP_AND_UDP: Readonly<Record<string, string>> = {
  [POOL]: 'Write pool and the name of one, e.g. pool: db.',
  [IDLE]: 'Write idle, the time without a byte after which a session ends, e.g. idle: 30s.',
  'connecttimeout proxyconnecttimeout timeoutconnect connect':
    'It stands in the pool, as timeouts: { connect: 500ms }.',
  'proxyprotocol sendproxy acceptproxy':
    'It stands in the listener for what comes in, and in the pool for what goes out.',
  'policy balance algorithm lb check healthcheck retry': 'It stands in the pool.',
};

export const OF_LAYER4_MAPS: Readonly<Record<'TcpListener' | 'UdpListener', Readonly<Record<string, string>>>> = {
  TcpListener: TCP_AND_UDP,
  UdpListener: {
    ...TCP_AND_UDP,
    'max maxclients clients sessions maxconn maxconnections connections': 'Write maxSessions, e.g. maxSessions: 50000.',
    'responses proxyresponses requests proxyrequests': 'A session ends by its idle time alone: take it out.',
  },
};
