/** Times, sizes and addresses as nginx writes them. */
import type { DraftListener } from '../draft.ts';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  '': 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  M: 30 * 86_400_000,
  y: 365 * 86_400_000,
};

/** `60`, `1m`, `1h 30m`, `500ms` in milliseconds; null for what is no time. */
export function parseTime(text: string): number | null {
  if (!/^(?:\d{1,12}(?:ms|[smhdwMy])?\s*)+$/.test(text)) return null;
  let sum = 0;
  for (const [, amount, unit = ''] of text.matchAll(/(\d+)(ms|[smhdwMy])?/g)) sum += Number(amount) * UNITS[unit];
  return sum;
}

/** `1m`, `512k`, `1g`, `4096` as Fairlead writes it; `off` for 0; null for what is no size. */
export function toSize(text: string): string | null {
  const found = /^(\d{1,12})([kmg]?)$/i.exec(text);
  if (found === null) return null;
  if (Number(found[1]) === 0) return 'off';
  return `${Number(found[1])}${{ k: 'KiB', m: 'MiB', g: 'GiB' }[found[2].toLowerCase()] ?? 'B'}`;
}

/** `name=value` among the parameters of a directive. */
export function splitParameter(parameter: string): readonly [string, string] {
  const at = parameter.indexOf('=');
  return at < 0 ? [parameter, ''] : [parameter.slice(0, at), parameter.slice(at + 1)];
}

/** An endpoint's address: nginx takes port 80 where none is written, and 443 in `https://`. A unix socket has none. */
export function withPort(address: string, port = 80): string {
  if (/^unix:/i.test(address)) return address.replace(/^unix:/i, 'unix:');
  return /:\d+$/.test(address.replace(/^\[.*\]/, '')) ? address : `${address}:${port}`;
}

/** nginx lets everybody connect to its sockets. */
export function toListener(address: string): DraftListener {
  return address.startsWith('unix:') ? { address, mode: '666' } : address;
}
