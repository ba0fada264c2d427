/**
 * A listener that could not be opened: which program has its port, as far as this machine tells, and what to do about
 * it.
 */
import { isUnixAddress } from '../core/unix-address.ts';
import type { PortHolder } from '../machine/listening-ports.ts';
import type { ListenError } from '../runtime/control/listen-error.ts';

/** How to use another address, with a config file and with the command line. */
const ANOTHER_LISTENER = 'Write another port into listeners.';
const ANOTHER_LISTEN = 'Take another port, e.g. --listen 127.0.0.1:8081.';

/** The error's message and what to do about it, on one line. */
export async function explainListenError(error: ListenError, isFromFile: boolean): Promise<string> {
  const change = isFromFile ? ANOTHER_LISTENER : ANOTHER_LISTEN;
  const { message, reason, host, port, isUdp } = error;
  if (isUnixAddress(host)) return `${message}. ${SOCKET_CURES[reason] ?? ANOTHER_PATH}`;
  if (reason === 'EADDRINUSE' && isUdp) return `${message}. As root "ss -lunp sport = :${port}" names it. ${change}`;
  if (reason === 'EADDRINUSE') return `${message}: ${await explainPortInUse(port, change)}`;
  const cure = CURES[reason];
  return cure === undefined ? message : `${message}. ${cure}`;
}

const ANOTHER_PATH = 'Write another path into listeners.';

const SOCKET_CURES: Readonly<Record<string, string>> = {
  EADDRINUSE: `"ss -xlp" as root names it: end it, or write another path into listeners.`,
  ENOENT: 'Make the folder, writable by this user; systemd does with RuntimeDirectory=fairlead.',
  EACCES: 'Let this user write to its folder.',
  EPERM: 'Let this user be in that group, or leave the group out.',
  NO_SUCH_GROUP: 'Write the number of a group, or a name that is there.',
};

const CURES: Readonly<Record<string, string>> = {
  EACCES:
    'Take a port from 1024 on; or let it open this one: AmbientCapabilities=CAP_NET_BIND_SERVICE in its unit of systemd, or sysctl net.ipv4.ip_unprivileged_port_start (docs/operations.md).',
  EADDRNOTAVAIL: 'Write an address of this machine, or ":PORT" for all that it has.',
};

/** `node server.js, process 4711. End it, or …` */
export async function explainPortInUse(port: number, change: string): Promise<string> {
  const { findPortHolder } = await import('../machine/listening-ports.ts');
  const holder = await findPortHolder(port);
  if (holder === null) {
    return `a program of another user, or in another container; as root "ss -ltnp sport = :${port}" names it. ${change}`;
  }
  return `${describeHolder(holder)}. End it (kill ${holder.pid}), or ${change.charAt(0).toLowerCase()}${change.slice(1)}`;
}

/** The program, options of Node, the script. */
const MOST_WORDS = 6;

export function describeHolder({ program, command, pid }: PortHolder): string {
  if (pid === process.pid) return 'this very process';
  // Installed, by npx, or from a clone: the script has this name.
  const isOurs = command.slice(0, MOST_WORDS).some((word) => /(?:^|[\\/])fairlead(?:\.js)?$/.test(word));
  if (isOurs) return `another Fairlead, process ${pid}`;
  return `${program === '' ? 'a program' : program}, process ${pid}`;
}
