/** Unix sockets as the config writes them: `unix:/run/app.sock`, or `unix:@app` for a name without a file. */
import { UNIX_PREFIX, isAbstract, isUnixAddress } from '../core/unix-address.ts';
import type { Address } from './addresses.ts';
import { Mistake } from './errors.ts';
import type { AddressUse } from './foreign-addresses.ts';
import { describeValue } from './units.ts';

/** The longest path that the system takes, in bytes. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103;
/**
 * A listener binds a name of its own beside the path, `.web.sock.4711.12`, and renames it: the dots, a process id, and
 * the number of the bind.
 */
export const LONGEST_SUFFIX = '.'.length + '.4194304'.length + '.999'.length;

/** Of an absolute path, or one that is so to the folder of the process. `text` begins with `unix:`. */
export function parseUnixAddress(text: string, use: AddressUse): Address | Mistake {
  const cure = `Write e.g. unix:/run/${use === 'listener' ? 'fairlead/web' : 'app'}.sock.`;
  const path = text.slice(UNIX_PREFIX.length);
  const name = isAbstract(text) ? path.slice(1) : path;
  const says = (what: string, how = cure): Mistake => new Mistake(`${describeValue(text)} ${what}`, how);
  const slashes = /^\/\/+(.*)$/.exec(path);
  if (slashes !== null) return says('is no path', `Write unix:/${slashes[1]}.`);
  const beforeUri = /^(.+?):(?:\/.*)?$/.exec(path)?.[1];
  if (beforeUri !== undefined) return says('is more than a socket', `Write ${UNIX_PREFIX}${beforeUri}.`);
  if (name === '' || path.endsWith('/')) return says('names no socket');
  if (path.startsWith('~/')) return says('has a ~, which shells alone replace', 'Write the whole path.');
  if (!/^[ -~]+$/.test(path)) return says('has characters that are not in visible ASCII', 'Choose another path.');
  if (isAbstract(text) && process.platform !== 'linux') return says('has no file, which only Linux knows', cure);
  const most = longestFor(text, use);
  if (name.length > most) return says(`has ${name.length} bytes, and may have ${most}`, 'Choose a shorter path.');
  return { host: text, port: 0 };
}

/** Of a listener's path there has to be room for the name that it is bound by at first. */
function longestFor(text: string, use: AddressUse): number {
  return use === 'listener' && !isAbstract(text) ? LONGEST_PATH - LONGEST_SUFFIX : LONGEST_PATH;
}

/** The path made absolute by `resolve`, where it is one that is not. */
export function resolveUnixAddress(text: string, resolve: (path: string) => string): string {
  const path = text.slice(UNIX_PREFIX.length);
  const isRelative = isUnixAddress(text) && path !== '' && !/^(?:[/@]|~\/)/.test(path);
  return isRelative ? UNIX_PREFIX + resolve(path) : text;
}

/** As others write them: HAProxy (`unix@`, `abns@`, a bare path), Caddy (`unix//run/…`), and URLs with the path in them. */
const FOREIGN_FORMS: readonly RegExp[] = [
  /^(?:https?|wss?):\/\/unix:([^:]+)/i,
  /^https?\+unix:\/\/([^/]+)/i,
  /^unix[@/](.+)$/i,
  /^unix:(.+)$/i,
  /^abns(@.+)$/i,
  /^(@.+|\.{0,2}\/.+)$/,
];

/** What is wrong with such an address and what to write; null: it is not one of these. */
export function refuseForeignSocket(text: string): Mistake | null {
  const found = FOREIGN_FORMS.map((form) => form.exec(text)?.[1]).find((path) => path !== undefined);
  if (found === undefined) return null;
  const path = found.replaceAll(/%2f/gi, '/');
  return new Mistake(`${describeValue(text)} is not how a unix socket is written here`, `Write ${UNIX_PREFIX}${path}.`);
}
