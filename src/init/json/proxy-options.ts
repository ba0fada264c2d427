/** One entry of a proxy table: its target as a pool, and what it does to paths. */
import { lacking } from '../features.ts';
import type { Report } from '../report.ts';
import { toDuration } from '../milliseconds.ts';
import type { DraftPool } from '../draft.ts';
import type { Replacement } from '../prefix-rewriting.ts';
import { findEntry } from './json-entry.ts';
import type { JsonEntry } from './json-entry.ts';

export interface ProxyOptions {
  readonly pool: DraftPool;
  /** Null: paths go on as they came. */
  readonly rewrite: Replacement | null;
  /** The path of its target, which stands in front of what is sent; `''`: none. */
  readonly base: string;
}

/** Null where its target cannot be had, which is listed. `entry` is a map of options, or the target alone. */
export function readProxy(entry: JsonEntry, report: Report): ProxyOptions | null {
  const target = entry.kind === 'map' ? findEntry(entry, 'target') : entry;
  const found = target === null ? 'it has no target' : readTarget(target, report);
  const ignored = isOn(entry, 'ignorePath')
    ? 'ignorePath: the path of the target alone is sent, whatever was asked'
    : null;
  if (typeof found === 'string' || ignored !== null) {
    report.leave(entry, typeof found === 'string' ? found : (ignored ?? ''));
    return null;
  }
  report.take(entry);
  const settings: DraftPool['settings'] = new Map();
  const origin = takeOption(entry, 'changeOrigin', report);
  if (origin !== null && origin.value === true) settings.set('host', { value: 'endpoint', from: origin });
  if (found.isTls) settings.set('tls', { value: readTls(entry, report), from: target ?? entry });
  const timeouts = readTimeout(entry, report);
  if (timeouts !== null) settings.set('timeouts', { value: timeouts, from: entry });
  noteSame(entry, found.isTls, report);
  const base = findEntry(entry, 'prependPath')?.value === false ? '' : found.base;
  const pool = { from: entry, endpoints: [{ value: found.address, from: target ?? entry }], settings };
  return { pool, rewrite: takeRewrite(entry, report), base };
}

/** Of a target with `https://`. */
function readTls(entry: JsonEntry, report: Report): object | 'on' {
  const secure = takeOption(entry, 'secure', report);
  if (secure?.value !== false) return 'on';
  report.differ(secure, 'whoever answers is trusted: take verify: off out if you can');
  return { verify: 'off' };
}

/** Options that are on anyway, or mean nothing here. */
function noteSame(entry: JsonEntry, isTls: boolean, report: Report): void {
  for (const [name, isOnly, reason] of [
    ['ws', true, 'WebSocket passes by itself'],
    ['xfwd', true, 'X-Forwarded-* are sent by themselves'],
    ['secure', null, 'nothing to set here: its target has no TLS'],
    ['preserveHeaderKeyCase', true, 'names of headers keep their case'],
    ['prependPath', null, 'taken over with its target'],
    ['ignorePath', false, 'nothing to set here'],
  ] as const) {
    const option = findEntry(entry, name);
    if (option === null || (isTls && name === 'secure')) continue;
    if (isOnly === null || option.value === isOnly) report.same(option, reason);
    else if (name === 'ws') report.leave(option, 'write upgrades: [] into the routes that are to refuse it');
    else report.same(option, 'Fairlead does it always');
  }
}

function isOn(entry: JsonEntry, name: string): boolean {
  return findEntry(entry, name)?.value === true;
}

function takeOption(entry: JsonEntry, name: string, report: Report): JsonEntry | null {
  const found = findEntry(entry, name);
  if (found !== null) report.take(found);
  return found;
}

function readTimeout(entry: JsonEntry, report: Report): object | null {
  const option = findEntry(entry, 'proxyTimeout');
  if (option === null) return null;
  const ms = Number(option.value);
  if (typeof option.value !== 'number' || !Number.isInteger(ms) || ms < 1) {
    report.leave(option, ms === 0 ? 'each wait has an end here' : 'this is not a time in milliseconds');
    return null;
  }
  report.take(option);
  return { responseHead: toDuration(ms), responseIdle: toDuration(ms) };
}

interface Target {
  /** `localhost:3001`. */
  readonly address: string;
  /** The path of a URL, which stands in front of every path; `''`: none. */
  readonly base: string;
  readonly isTls: boolean;
}

/** A URL, `{ protocol, host, port }` or `{ socketPath }`. A text says why there is none like it. */
function readTarget(target: JsonEntry, report: Report): Target | string {
  report.take(target);
  if (target.kind === 'value')
    return typeof target.value === 'string' ? parseTarget(target.value) : 'this is not a URL';
  if (target.kind === 'list') return 'a target is one server';
  const part = (name: string): string => String(takeOption(target, name, report)?.value ?? '');
  const socket = part('socketPath');
  if (socket.startsWith('/')) return { address: `unix:${socket}`, base: '', isTls: false };
  const [protocol, host, port] = [part('protocol') || 'http:', part('host') || part('hostname'), part('port')];
  return parseTarget(`${protocol.replace(/:?$/, ':')}//${host || 'localhost'}${port === '' ? '' : `:${port}`}`);
}

function parseTarget(text: string): Target | string {
  const found = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/@]*@)?(\[[^\]]*\]|[^/:?#\s]+)(?::(\d+))?(\/[^?#]*)?$/i.exec(
    text.trim(),
  );
  if (found === null) return 'this is not a URL with a host';
  const [, scheme, host, port = isOverTls(scheme) ? '443' : '80', path = ''] = found;
  if (!/^(?:http|ws)s?$/i.test(scheme)) return lacking('otherProtocols');
  return { address: `${host}:${port}`, base: path.replace(/\/+$/, ''), isTls: isOverTls(scheme) };
}

function isOverTls(scheme: string): boolean {
  return /^(?:https|wss)$/i.test(scheme);
}

/** `{ "^/api": "" }`; null where there is none, or it does something else, which is listed. */
function takeRewrite(entry: JsonEntry, report: Report): Replacement | null {
  const option = findEntry(entry, 'pathRewrite');
  if (option === null) return null;
  const found = readRewrite(option);
  if (found === null) report.leave(option, 'one prefix is replaced by another, and nothing else: replacePrefix');
  else for (const taken of [option, ...option.children]) report.take(taken);
  return found;
}

function readRewrite({ children }: JsonEntry): Replacement | null {
  const [rule, ...others] = children;
  const prefix = /^\^(\/[\w./-]*?)\/?$/.exec(rule?.key ?? '')?.[1];
  const by = String(rule?.value ?? '').replace(/\/$/, '');
  return others.length > 0 || !prefix || !/^(?:\/[\w./-]+)?$/.test(by) ? null : { prefix, by };
}
