/** Addresses as other programs write them: URLs, Unix sockets, server lines with options. */
import { Mistake } from './errors.ts';
import { NOT_BUILT } from './not-built.ts';
import { describeValue } from './units.ts';
import { refuseForeignSocket } from './unix-addresses.ts';

/** What the address is for. */
export type AddressUse = 'listener' | 'endpoint';

const PLAIN_HTTP = new Set(['http', 'ws']);
const OVER_TLS = new Set(['https', 'wss', 'h2', 'grpcs', 'tls', 'ssl']);
const OVER_HTTP2 = new Set(['h2c', 'grpc', 'http2', 'http3', 'quic']);
const BELOW_HTTP = new Set(['tcp', 'stream', 'udp', 'dgram']);

/** What is wrong with such an address and what helps; null: it is not one of these. */
export function refuseForeignAddress(text: string, use: AddressUse): Mistake | null {
  const socket = refuseForeignSocket(text);
  if (socket !== null) return socket;
  const url = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^]*)$/i.exec(text);
  if (url !== null) return refuseUrl(url[1].toLowerCase(), url[2], url[3], use);
  const dash = /^-([^\s-]\S*)/.exec(text);
  if (dash !== null)
    return new Mistake(`${describeValue(text)} begins with a dash`, `Put a space after it: - ${dash[1]}.`);
  const glued = /^([a-z][\w-]*):([a-z/[{"'].*)$/i.exec(text);
  if (glued !== null && !text.includes('::')) {
    const cure = `Write a host and a port; if ${glued[1]} is a key, put a space after its colon: ${glued[1]}: ${glued[2]}.`;
    return new Mistake(`${describeValue(text)} is not an address`, cure);
  }
  const named = /^([a-z][\w-]*):((?:\[[^\]]*\]|[^:\s]*[.a-z*][^:\s]*):\d{1,5})$/i.exec(text);
  if (named !== null) {
    const cure = `Write ${named[2]}; a name stands before a colon and a space: ${named[1]}: ${named[2]}.`;
    return new Mistake(`${describeValue(text)} is not an address`, cure);
  }
  const [address, ...options] = text.trim().split(/\s+/);
  if (options.length > 0 && /(?:^|:)\d{1,5}$/.test(address)) return refuseOptions(address, options, use);
  return refuseProtocol(text, use) ?? refusePath(text);
}

function refuseUrl(scheme: string, authority: string, path: string, use: AddressUse): Mistake {
  const message = `an address has no scheme such as ${scheme}://`;
  if (OVER_TLS.has(scheme))
    return new Mistake(message, use === 'listener' ? cureTls(authority, '443') : overTls(authority));
  if (OVER_HTTP2.has(scheme)) return new Mistake(message, NOT_BUILT.http2);
  if (BELOW_HTTP.has(scheme)) return new Mistake(message, cureBelowHttp(scheme, authority, use));
  if (!PLAIN_HTTP.has(scheme))
    return new Mistake(message, 'Fairlead speaks HTTP alone: write the address of such a server.');
  const address = /:\d+$/.test(authority) ? authority : `${authority}:80`;
  const isBare = path === '' || path === '/';
  return new Mistake(message, isBare ? `Did you mean "${address}"?` : `Write "${address}". ${ABOUT_PATHS}`);
}

function cureBelowHttp(scheme: string, authority: string, use: AddressUse): string {
  const key = scheme === 'udp' || scheme === 'dgram' ? 'udp' : 'tcp';
  return use === 'listener'
    ? `Write { address: "${authority}", ${key}: NAME }, with the name of a pool.`
    : `Write "${authority}": what is spoken there is said by the listener that leads to it.`;
}

/** How a listener at this address ends TLS. `port`: where it has none. */
function cureTls(authority: string, port = ''): string {
  const whole = /:\d+$/.test(authority) || port === '' ? authority : `${authority}:${port}`;
  const address = /^\d+$/.test(whole) ? `:${whole}` : whole;
  return `Write { address: "${address}", tls: { certificates: example.com.pem } }.`;
}

/** Endpoints of one pool speak alike. */
function overTls(authority: string): string {
  const address = /:\d+$/.test(authority) ? authority : `${authority}:443`;
  return `Write "${address}", and tls: on in its pool.`;
}

const ABOUT_PATHS = 'A path in front of every request is the business of a route: replacePrefix.';

/** `unix:/run/app.sock weight=2` of nginx: a path may have blanks, but seldom with such words behind them. */
export function refuseSocketOptions(text: string, use: AddressUse): Mistake | null {
  const [address, ...options] = text.split(/\s+/);
  const isOption = (word: string): boolean =>
    /^[a-z_]+=\S+$|^(?:backup|down|check|ssl|proxy_protocol|(?:accept|send)-proxy\S*)$/i.test(word);
  return options.some(isOption) ? refuseOptions(address, options, use) : null;
}

/** `localhost:8081 weight=2` of nginx, `:443 ssl`. */
function refuseOptions(address: string, options: readonly string[], use: AddressUse): Mistake {
  const message = `${describeValue([address, ...options].join(' '))} is more than an address`;
  if (options.some((option) => /^(?:ssl|tls|http2|quic)\b/i.test(option))) {
    return new Mistake(message, use === 'listener' ? cureTls(address) : overTls(address));
  }
  const proxy = options.find((option) => /^proxy_protocol$|^accept-proxy$|^send-proxy/i.test(option));
  if (proxy !== undefined) return new Mistake(message, cureProxy(address, proxy, use));
  if (options.some((option) => /^backup$/i.test(option)))
    return new Mistake(message, `Write { address: ${address}, backup: on }.`);
  if (options[0] === '-')
    return new Mistake(message, 'Indent the dashes of a list alike: what stands further in goes on the line above.');
  if (options.some((option) => /:\d+,?$/.test(option)))
    return new Mistake(message, 'Put a comma between addresses, or each into a list.');
  const weight = options.map(
    (option, i) => /^weight(?:=(\d+))?$/.exec(option)?.[1] ?? (options[i - 1] === 'weight' ? option : null),
  );
  const found = weight.find((each) => each !== null) ?? null;
  const rest = found === null ? '' : `, weight: ${found}`;
  return new Mistake(message, `Write { address: ${address}${rest} }.`);
}

function cureProxy(address: string, option: string, use: AddressUse): string {
  if (use === 'listener') return `Write { address: "${address}", proxyProtocol: { from: [10.0.0.0/8] } }.`;
  return `Write the address alone, and proxyProtocol: ${/v2/i.test(option) ? 'v2' : 'v1'} in the pool.`;
}

/** `53/udp` of Docker and of lists of services. */
function refuseProtocol(text: string, use: AddressUse): Mistake | null {
  const found = /^([^/]*?:?\d{1,5})\/(udp|tcp)$/i.exec(text);
  if (found === null) return null;
  const [, address, protocol] = found;
  const cure = cureBelowHttp(protocol.toLowerCase(), /^\d+$/.test(address) ? `:${address}` : address, use);
  return new Mistake(`${describeValue(text)} is more than an address`, cure);
}

function refusePath(text: string): Mistake | null {
  const found = /^([^/]+:\d{1,5})(\/.*)$/.exec(text);
  if (found === null) return null;
  const [, address, path] = found;
  return new Mistake(
    `${describeValue(text)} has a path after the address`,
    path === '/' ? `Write "${address}".` : `Write "${address}". ${ABOUT_PATHS}`,
  );
}

const HOST_REGEX = /^~|[\\^$()|+]|^\/.*\/$/;

/** The same for the host of a match. */
export function refuseForeignHost(text: string): Mistake | null {
  if (HOST_REGEX.test(text))
    return new Mistake(`${describeValue(text)} is not a host but a pattern`, NOT_BUILT.hostRegex);
  const url = /^(?:[a-z][a-z0-9+.-]*:\/\/)?([^/?#]+)([/?#].*)?$/i.exec(text);
  const host = (url?.[1] ?? '').replace(/:\d*$/, '');
  if (url !== null && url[1] !== text && host !== '') {
    const path = url[2] ?? '';
    const isBare = path === '' || path === '/';
    return new Mistake(
      `${describeValue(text)} is more than a host`,
      isBare
        ? `Write ${host}.`
        : `Write host: ${host}, path: ${path.replace(/\*$/, '')}${path.endsWith('/*') ? '*' : ''}.`,
    );
  }
  if (/^\.[^.*]/.test(text)) {
    return new Mistake(
      `${describeValue(text)} begins with a dot`,
      `Write "*${text}" for every name under it; ${text.slice(1)} itself is another host: host: ["*${text}", ${text.slice(1)}].`,
    );
  }
  return null;
}

/** The same for the path of a match: hosts, expressions, and other ways to write a prefix. */
export function refuseForeignPath(text: string): Mistake | null {
  if (/^\*{0,2}$/.test(text)) {
    const message = text === '' ? 'an empty path matches nothing' : `a path of ${describeValue(text)} says nothing`;
    return new Mistake(message, 'Leave it out: the route then takes every path.');
  }
  const ending = /^\*\.([\w]+)$/.exec(text)?.[1];
  if (ending !== undefined)
    return new Mistake(`${describeValue(text)} is an ending`, `Write path: { regex: "\\\\.${ending}$" }.`);
  const url = /^(?:[a-z][a-z0-9+.-]*:\/\/([^/?#]+)|((?:[\w-]+\.)+[a-z]{2,}(?::\d+)?)(?=\/))(\/[^?#]*)?/i.exec(text);
  if (url !== null) {
    const host = (url[1] ?? url[2]).replace(/:\d*$/, '');
    return new Mistake(`${describeValue(text)} has a host in it`, `Write host: ${host}, path: ${url[3] ?? '/*'}.`);
  }
  const modifier = /^(?:~\*?|\^~|=)\s*(.*)$/.exec(text);
  if (modifier !== null) {
    const path = modifier[1];
    const cure = text.startsWith('~')
      ? `Write path: { regex: ${JSON.stringify(path)}${text.startsWith('~*') ? ', ignoreCase: on' : ''} }.`
      : `Write ${text.startsWith('=') ? path : `${path.replace(/\/$/, '')}/*`}.`;
    return new Mistake(`${describeValue(text)} is written as in nginx`, cure);
  }
  if (text.startsWith('^')) {
    return new Mistake(
      `${describeValue(text)} is a regular expression`,
      `Write path: { regex: ${JSON.stringify(text)} }.`,
    );
  }
  const prefix = /^(\/[^*]*?)\/?\*\*?$/.exec(text)?.[1];
  if (prefix !== undefined && !text.endsWith('/*')) {
    return new Mistake(
      `${describeValue(text)} has a * that is not its last segment`,
      `Did you mean ${JSON.stringify(`${prefix.replace(/\/$/, '')}/*`)}? It takes paths under ${prefix.replace(/\/$/, '') || '/'} on segment borders.`,
    );
  }
  return null;
}
