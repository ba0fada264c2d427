/** Rules for listeners of UDP and the pools that they lead to: there are no connections, and so nothing that stands on them. */
import { isUnixAddress } from '../core/unix-address.ts';
import { Mistake, type Problem } from './errors.ts';
import { isOff } from './scalars.ts';
import type { Part } from './parts.ts';
import type { WrittenPool } from './pool-schema.ts';
import type { WrittenListener } from './section-schemas.ts';
import { isWrittenMap } from './written.ts';

type Path = Part<unknown>['path'];

/** What such a listener cannot have, with what helps; `off` says nothing. */
const OF_CONNECTIONS: Readonly<Record<string, readonly [string, string]>> = {
  tcp: [
    'a listener has either "tcp" or "udp"',
    'Write two listeners: they may have the same address, since the ports of TCP and of UDP are different ones.',
  ],
  tls: ['there is no TLS over UDP (DTLS is not built)', 'Take it out: datagrams pass as they come.'],
  proxyProtocol: ['datagrams carry no PROXY header', 'Take it out.'],
  spread: ['the kernel spreads datagrams, each client at one thread', 'Take it out.'],
  halfClose: ['this key is about requests, and a listener with "udp" has none', 'Take it out.'],
  underscores: ['this key is about requests, and a listener with "udp" has none', 'Take it out.'],
};

/** `written`: the listener as it was written. */
export function checkUdpListener(
  written: unknown,
  { host }: Pick<WrittenListener, 'host'>,
  path: Path,
): readonly Problem[] {
  if (!isWrittenMap(written)) return [];
  const problems: Problem[] = Object.entries(OF_CONNECTIONS)
    .filter(([name]) => Object.hasOwn(written, name) && !isOff(written[name]))
    .map(([name, [message, cure]]) => ({ path: [...path, name], atKey: true, mistake: new Mistake(message, cure) }));
  if (!isUnixAddress(host)) return problems;
  const mistake = new Mistake(
    'a listener with "udp" cannot be a unix socket',
    'Write an address and a port, e.g. 127.0.0.1:53.',
  );
  return [...problems, { path: [...path, 'address'], mistake }];
}

export function checkUdpPool({ endpoints, proxyProtocol }: WrittenPool, path: Path): readonly Problem[] {
  const problems: Problem[] = endpoints.flatMap(({ host }, index) => {
    if (!isUnixAddress(host)) return [];
    const mistake = new Mistake(
      'a listener with "udp" leads to this pool, and no datagrams go to unix sockets',
      'Write an address and a port, e.g. 10.0.0.53:53.',
    );
    return [{ path: [...path, 'endpoints', index, 'address'], mistake }];
  });
  if (proxyProtocol === null) return problems;
  const mistake = new Mistake(
    'a listener with "udp" leads to this pool, and datagrams carry no PROXY header',
    'Take it out, or give the listener a pool of its own.',
  );
  return [...problems, { path: [...path, 'proxyProtocol'], mistake }];
}
