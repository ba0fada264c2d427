/**
 * Addresses of unix sockets: `unix:/run/app.sock`, or `unix:@app` for one that has a name and no file (Linux). They
 * stand where a host does; the port beside them is 0.
 */

export const UNIX_PREFIX = 'unix:';

/** Who connects by a unix socket, where other clients have an address. */
export const UNIX_PEER = 'unix';

export function isUnixAddress(host: string): boolean {
  return host.startsWith(UNIX_PREFIX);
}

/** It lies in no folder: it has no file, and with it neither mode nor group. */
export function isAbstract(host: string): boolean {
  return host.startsWith(`${UNIX_PREFIX}@`);
}

/** What the system is given for it: the path, or for a name without a file that name behind a NUL. */
export function socketPathOf(host: string): string {
  return isAbstract(host) ? `\0${host.slice(UNIX_PREFIX.length + 1)}` : host.slice(UNIX_PREFIX.length);
}

/** The address that {@link socketPathOf} is given for. */
export function unixAddressOf(path: string): string {
  return UNIX_PREFIX + (path.startsWith('\0') ? `@${path.slice(1)}` : path);
}
