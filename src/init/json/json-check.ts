/** The health check of a JSON config. */
import type { Ledger } from '../ledger.ts';
import type { JsonEntry } from './json-entry.ts';
import { isTrue, readCount, readTime } from './json-values.ts';
import { findNamed, isNamed } from './names.ts';

type Written = Record<string, unknown>;

/** What `check` of a pool is to be; null: none. `entry` is a map, a path, or true and false. */
export function readCheck(entry: JsonEntry, ledger: Ledger): Written | null {
  ledger.take(entry);
  if (entry.kind === 'value') {
    if (typeof entry.value === 'string' && entry.value.startsWith('/')) return { http: { path: entry.value } };
    return isTrue(entry) ? { tcp: {} } : null;
  }
  const off = entry.children.find((child) => isNamed(child, 'enabled') || isNamed(child, 'disabled'));
  if (off !== undefined) ledger.take(off);
  if (off !== undefined && isTrue(off) === isNamed(off, 'disabled')) return null;
  const type = findNamed(entry, 'checkType');
  if (type !== null) ledger.take(type);
  const isTcp = type !== null && /tcp|port|connect|ping/i.test(String(type.value));
  return { ...(isTcp ? { tcp: {} } : { http: readHttp(entry, ledger) }), ...readTimes(entry, ledger) };
}

function readHttp(entry: JsonEntry, ledger: Ledger): Written {
  const http: Written = {};
  const [path, method, status] = [
    findNamed(entry, 'checkPath'),
    findNamed(entry, 'checkMethod'),
    findNamed(entry, 'checkStatus'),
  ];
  if (path !== null) {
    const text = String(path.value).replace(/^https?:\/\/[^/]+/i, '');
    ledger.take(path);
    http['path'] = text.startsWith('/') ? text : `/${text}`;
  }
  if (method !== null) {
    if (/^(?:GET|HEAD|OPTIONS)$/i.test(String(method.value))) {
      ledger.take(method);
      http['method'] = String(method.value).toUpperCase();
    } else ledger.leave(method, 'a check is GET, HEAD or OPTIONS');
  }
  const statuses = status === null ? [] : status.kind === 'list' ? status.children : [status];
  if (statuses.length > 0) http['status'] = statuses.map((item) => item.value);
  for (const item of [status, ...statuses]) if (item !== null) ledger.take(item);
  return http;
}

/** Also for keys that stand beside the servers: `healthCheckInterval`. */
export function readTimes(entry: JsonEntry, ledger: Ledger): Written {
  const times: Written = {};
  for (const [name, key] of [
    ['checkInterval', 'interval'],
    ['checkTimeout', 'timeout'],
  ] as const) {
    const found = findNamed(entry, name);
    const text = found === null ? null : readTime(found, ledger);
    if (text !== null) times[key] = text;
  }
  for (const key of ['rise', 'fall'] as const) {
    const found = findNamed(entry, key);
    const count = found === null ? null : readCount(found, 1, 100, ledger);
    if (count !== null) times[key] = count;
  }
  return times;
}
