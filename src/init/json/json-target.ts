/** Where a server of a JSON config is: a URL, a host and a port, or a port alone. */
import { findNamed } from './names.ts';
import type { JsonEntry } from './json-entry.ts';

export interface Target {
  /** `localhost:3001`. */
  readonly address: string;
  /** The path of a URL, which stands in front of every path; `''`: none. */
  readonly base: string;
}

/** The target, or why there is none like it in Fairlead. */
export function parseTarget(text: string): Target | string {
  const found = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/)?(?:[^/@]*@)?(\[[^\]]*\]|[^/:?#\s]+)(?::(\d+))?(\/[^?#]*)?$/i.exec(
    text.trim(),
  );
  const bare = /^([^/:?#\s]+):(\d+)$/.exec(text.trim());
  if (bare !== null) return { address: text.trim(), base: '' };
  if (found === null) return 'this is no address';
  const [, scheme = 'http', host, port = '80', path = ''] = found;
  if (/^(?:https|wss)$/i.test(scheme)) return 'TLS to endpoints is not built yet';
  if (!/^(?:http|ws)$/i.test(scheme)) return `endpoints speak HTTP/1.1, not ${scheme}`;
  return { address: `${host}:${port}`, base: path.replace(/\/+$/, '') };
}

/** Of text, of a port, or of a map with `url`, or `host` and `port`. Hears which entries it is made of. */
export function readTarget(entry: JsonEntry, uses: (entry: JsonEntry) => void): Target | string {
  uses(entry);
  if (entry.kind === 'value') return fromValue(entry.value);
  const [url, host, port] = [findNamed(entry, 'url'), findNamed(entry, 'serverHost'), findNamed(entry, 'port')];
  // `target: { host, port }`, as http-proxy has it.
  if (url?.kind === 'map') return readTarget(url, uses);
  const protocol = entry.children.find(({ key }) => /^(?:protocol|scheme)$/i.test(key));
  if (protocol !== undefined) uses(protocol);
  const scheme = protocol === undefined ? 'http' : String(protocol.value).replace(/:$/, '');
  const place = host ?? url;
  if (place !== null) uses(place);
  if (place === null && port === null) return 'no address is written: url, or host and port';
  if (port === null) return fromValue(url?.value ?? place?.value ?? null);
  uses(port);
  const name = place === null ? 'localhost' : String(place.value);
  return parseTarget(/^[a-z]+:\/\//i.test(name) ? withPort(name, port.value) : `${scheme}://${name}:${port.value}`);
}

function withPort(url: string, port: JsonEntry['value']): string {
  return /:\d+(?:\/|$)/.test(url.slice(6)) ? url : url.replace(/^([a-z]+:\/\/[^/]+)/i, `$1:${port}`);
}

function fromValue(value: JsonEntry['value']): Target | string {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value)))
    return { address: `localhost:${value}`, base: '' };
  return typeof value === 'string' ? parseTarget(value) : 'this is no address';
}
