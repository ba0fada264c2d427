/** Keys of other programs' PROXY protocol, by ours, in the maps that have it. `a b` are several words. */

export const OF_PROXY_PROTOCOL_MAPS: Readonly<
  Record<'ProxyProtocol' | 'PoolProxyProtocol', Readonly<Record<string, string>>>
> = {
  ProxyProtocol: {
    'trusted trustedips trustedproxies trustedaddresses networks sources source cidr cidrs ranges allow ip ips address addresses setrealipfrom':
      'Write from, e.g. from: [10.0.0.0/8].',
    'insecure optional fallbackpolicy policy': 'Write mode, e.g. mode: detect.',
    'timeout headertimeout': 'A header has the time of timeouts.requestHead: take it out.',
    'version versions v1 v2': 'Both versions are read: take it out.',
    'deny exclude': 'Name those who may send one in from: take it out.',
  },
  PoolProxyProtocol: {
    'fields options tlvs tlv proxyv2options': 'Write add, e.g. add: [crc32c].',
    'v protocolversion': 'Write version, e.g. version: 2.',
    'from trusted': 'It stands in a listener, for what comes in: take it out.',
  },
};
