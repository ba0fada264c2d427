/** Times and addresses as HAProxy writes them. */

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `5s`, `500`, `1m` in milliseconds, at least 1 unless it is 0; null for what is no time. */
export function parseTime(text: string): number | null {
  const found = /^(\d{1,12})(us|ms|s|m|h|d)?$/.exec(text);
  if (found === null) return null;
  const ms = Number(found[1]) * UNITS[found[2] ?? 'ms'];
  return ms === 0 ? 0 : Math.max(1, Math.round(ms));
}

/** The address of a server, or why there is none like it. */
export function toAddress(text: string): { readonly address: string } | string {
  if (text.includes('$'))
    return 'variables of the environment are not put in: Fairlead reads ${NAME} in its own config';
  const socket = toSocket(text);
  if (socket !== null) return { address: socket };
  const place = text.replace(/^(?:tcp|ipv)?[46]?@/, '');
  if (/^(?:unix|abns|fd|sockpair|quic|rhttp)\w*@/.test(place)) return 'only TCP and unix sockets are possible here';
  if (/:[+-]\d+$/.test(place)) return 'its port depends on that of the listener';
  const found = /^(\[[^\]]+\]|[^:[\]]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*):(\d{1,5})$/.exec(place);
  if (found === null) return 'no port is written: HAProxy takes that of the listener';
  const [, host, port] = found;
  return { address: host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}` };
}

/** `unix@/path`, `/path` and `abns@name` as Fairlead writes them; null: it is not one of these. */
export function toSocket(text: string): string | null {
  const path = /^(?:unix@)?(\/[^$]+)$/.exec(text)?.[1];
  if (path !== undefined) return `unix:${path}`;
  const name = /^abns@([^$]+)$/.exec(text)?.[1];
  return name === undefined ? null : `unix:@${name}`;
}
