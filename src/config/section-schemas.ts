/** Small sections that hold for everything: listeners, limits, header rules. */
import { z } from 'zod';
import type { MemorySpec } from '../core/settings.ts';
import type { HeaderRules, Limits, ListenerSpec } from '../core/snapshot.ts';
import { parseListenAddress } from './addresses.ts';
import { key, note } from './described.ts';
import { type WrittenTcp, type WrittenUdp, tcpSchema, udpSchema } from './layer4-schema.ts';
import { network } from './network.ts';
import { incomingProxySchema } from './proxy-protocol-schema.ts';
import { type WrittenListenerTls, listenerTlsSchema } from './tls-schema.ts';
import { count, object, oneOf, scalar, shortForm, size, sizeOrAuto, toggle, withRule } from './scalars.ts';
import { fileOf, socketKeys, withSocketRules } from './socket-keys.ts';

const listenAddress = scalar(parseListenAddress, {
  type: 'string',
  pattern: '^(?:unix:.*[^/]|(?:\\[[0-9A-Fa-f:.]*\\]|[^:\\[\\]]*):\\d{1,5})$',
  words: 'address and port, or `unix:/path`',
});

const listenerMap = object(
  {
    address: key(listenAddress, {
      description:
        'Where to listen: `127.0.0.1:8080`, `"[::1]:8080"`, `localhost:8080`; `":8080"` is every address. Port 0 takes a free one. Or a unix socket: `unix:/run/fairlead/web.sock`.',
      example: '127.0.0.1:8080',
    }),
    ...socketKeys,
    spread: key(oneOf(['kernel', 'even']).prefault('kernel'), {
      description:
        '`kernel`: every thread listens and the kernel spreads connections. `even`: one thread accepts and passes each to the thread with the fewest; better with few, long connections.',
      example: 'even',
    }),
    halfClose: key(oneOf(['cancel', 'allow']).prefault('cancel'), {
      description:
        "What a client's FIN means before it has the whole answer. `cancel`: it has left. `allow`: it waits for the answer.",
      example: 'allow',
    }),
    tcp: key(tcpSchema.optional(), {
      description:
        'Makes it a listener of layer 4: each connection goes to an endpoint of this pool, byte by byte, whatever it speaks.',
      example: 'postgres',
      byDefault: 'none: it takes HTTP',
      words: 'name of a pool, or map',
    }),
    udp: key(udpSchema.optional(), {
      description:
        'Makes it a listener of UDP: what each client sends goes to an endpoint of this pool, and what that answers back.',
      example: 'resolvers',
      byDefault: 'none: it takes HTTP',
      words: 'name of a pool, or map',
    }),
    underscores: key(oneOf(['drop', 'allow']).prefault('drop'), {
      description:
        'Headers whose names Fairlead sets or reads itself once `_` is read as `-`, such as `X_Forwarded_For`. `drop`: they do not pass, since many servers take both for one. Other names with underscores always pass.',
      example: 'allow',
    }),
    proxyProtocol: key(incomingProxySchema.prefault('off'), {
      description:
        'Connections begin with a PROXY header, version 1 or 2, of a balancer in front: the address in it counts as the client.',
      example: { from: ['10.0.0.0/8'] },
    }),
    tls: key(listenerTlsSchema.prefault('off'), {
      description: 'Ends TLS here: clients come by https.',
      example: { certificates: '/etc/fairlead/example.com.pem' },
    }),
  },
  'Listener',
);

export const listenerKeys = withSocketRules(listenerMap);

/** A listener before its name and the times of its sessions are filled in. */
export interface WrittenListener extends Omit<ListenerSpec, 'id' | 'tcp' | 'udp' | 'tls'> {
  readonly tcp?: WrittenTcp;
  readonly udp?: WrittenUdp;
  readonly tls: WrittenListenerTls | null;
}

export const listenerSchema = shortForm(
  listenerKeys.transform(({ address, mode, group, tcp, udp, ...keys }): WrittenListener => {
    const { host, port } = address;
    const layer4 = { ...(tcp === undefined ? {} : { tcp }), ...(udp === undefined ? {} : { udp }) };
    return { host, port, ...fileOf(host, { mode, group }), ...keys, ...layer4 };
  }),
  (value) => (typeof value === 'string' || typeof value === 'number' ? { address: value } : value),
  listenAddress,
);

const limitsKeys = object(
  {
    head: key(size.prefault('16KiB'), {
      description: 'Largest head of a request or an answer in all. Beyond it, 431 `head-too-large`.',
      example: '32KiB',
    }),
    headers: key(count(1, 10_000).prefault(100), {
      description: 'Most header lines of a head. Beyond it, 431 `head-too-large`.',
      example: 200,
    }),
    target: key(size.prefault('8KiB'), {
      description: 'Longest request target; below `limits.head`. Beyond it, 414 `target-too-long`.',
      example: '4KiB',
    }),
  },
  'Limits',
);

export const limitsSchema = withRule(limitsKeys, {
  isKept: ({ head, target }) => !(typeof head === 'number' && typeof target === 'number') || target < head,
  message: 'the target is part of the head, and its limit is not below that of the head',
  cure: 'Raise limits.head or lower limits.target.',
  path: ['target'],
}).transform(({ head, headers, target }): Limits => ({ headBytes: head, headers, targetBytes: target }));

export const memorySchema = object(
  {
    max: key(sizeOrAuto.prefault('auto'), {
      description:
        'Most that all exchanges together keep for later: bodies before there is an endpoint or for a retry, pipelined requests, parts of heads, log lines. `auto`: a quarter of the machine or of its cgroup limit, at least 64 MiB.',
      example: '256MiB',
    }),
  },
  'Memory',
).transform(({ max }): MemorySpec<'auto'> => ({ maxBytes: max }));

export const headersSchema = object(
  {
    via: key(toggle.prefault('on'), {
      description:
        'Adds to `Via` in requests and answers. nginx servers stop compressing when they see it; `off` helps there.',
      example: 'off',
    }),
    forwarded: key(toggle.prefault('off'), {
      description: 'Sets RFC 7239 `Forwarded` in requests, beside `X-Forwarded-*`.',
      example: 'on',
    }),
  },
  'Headers',
).transform((rules): HeaderRules => rules);

export const trustedProxiesSchema = note(z.array(network), { words: 'list of addresses and CIDR blocks, or `unix`' });
