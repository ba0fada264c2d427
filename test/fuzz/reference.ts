/**
 * What has to become of a message's headers, written down a second time and as plainly as can be, so that the
 * fast way in `src/http1` is held against it. Input is the list of names and values that Node's parser gives.
 */
import type { ReadMessage } from './reading.ts';

const HOP_BY_HOP = new Set(
  ['connection', 'keep-alive', 'proxy-connection', 'te', 'upgrade', 'transfer-encoding'].concat([
    'http2-settings',
    'proxy-authorization',
    'proxy-authenticate',
    'proxy-authentication-info',
  ]),
);
const TAKEN = /^(?:host|proxy|expect|forwarded|x-request-id|x-forwarded-.*|client-cert|client-cert-chain)$/;
/** What would be one of ours with hyphens. */
const DISGUISED =
  /^(?=.*_)(?:x[-_]forwarded[-_].*|client[-_]cert|client[-_]cert[-_]chain|(?:x[-_]request[-_]id|content[-_]length|transfer[-_]encoding|keep[-_]alive|http2[-_]settings|proxy[-_](?:connection|authorization)))$/;
const CANNOT_BE_NAMED_AWAY =
  /^(?:host|content-length|transfer-encoding|authorization|cookie|forwarded|via|x-forwarded-.*)$/;

export type RawHeaders = readonly string[];

function values(raw: RawHeaders, name: string): string[] {
  const found: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    if (raw[index].toLowerCase() === name) found.push(raw[index + 1]);
  }
  return found;
}

export function connectionOptions(raw: RawHeaders): Set<string> {
  const list = values(raw, 'connection').join(',').toLowerCase().split(',');
  return new Set(list.map((option) => option.replace(/^[ \t]+|[ \t]+$/g, '')));
}

/** The lines that go on, without Content-Length. */
export function passingLines(raw: RawHeaders, isRequest: boolean): string[] {
  const named = connectionOptions(raw);
  const lines: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index].toLowerCase();
    if (name === 'content-length' || HOP_BY_HOP.has(name)) {
      // A response may carry what only requests know, and the other way round; then it is a header like others.
      if (name === 'content-length' || isHopByHopHere(name, isRequest)) continue;
    }
    if (isRequest && (TAKEN.test(name) || DISGUISED.test(name))) continue;
    if (named.has(name) && !CANNOT_BE_NAMED_AWAY.test(name)) continue;
    lines.push(`${raw[index]}: ${raw[index + 1]}`);
  }
  return lines;
}

function isHopByHopHere(name: string, isRequest: boolean): boolean {
  if (name === 'http2-settings' || name === 'proxy-authorization') return isRequest;
  if (name === 'proxy-authenticate' || name === 'proxy-authentication-info') return !isRequest;
  return true;
}

/** What `RequestHead` has in fields. */
export function requestFields(raw: RawHeaders, target: string): string {
  const joined = (name: string): string =>
    values(raw, name)
      .filter((value) => value !== '')
      .join(', ');
  const ids = values(raw, 'x-request-id');
  const isIdGood = ids.length === 1 && /^[A-Za-z0-9._~+/=-]{1,128}$/.test(ids[0]);
  const id = isIdGood && !connectionOptions(raw).has('x-request-id') ? ids[0] : '';
  const names = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'forwarded'];
  // Without Host, an absolute form names it.
  const named = /^https?:\/\/([^/?]*)/i.exec(target);
  const host = joined('host') === '' && named !== null ? named[1] : joined('host');
  return [host, ...names.map(joined), id, otherForwarded(raw, names)].join('|');
}

/** Lines of the family that have no field of their own. */
function otherForwarded(raw: RawHeaders, names: readonly string[]): string {
  const isOther = (name: string): boolean => /^x-forwarded-(?!tls-)/.test(name) && !names.includes(name);
  return trailerLines(
    raw.flatMap((name, at) => (at % 2 === 0 && isOther(name.toLowerCase()) ? raw.slice(at, at + 2) : [])),
  ).join('\n');
}

export function contentLength(raw: RawHeaders): string {
  const [value] = values(raw, 'content-length');
  return value === undefined ? '' : BigInt(value).toString();
}

/** The same of a message without a body: one that nobody can count exactly is worth nothing and does not pass. */
export function countableLength(raw: RawHeaders): string {
  const length = contentLength(raw);
  return Number(length) > Number.MAX_SAFE_INTEGER ? '' : length;
}

/** Pairs as `Name: value`. */
export function trailerLines(raw: RawHeaders): string[] {
  const lines: string[] = [];
  for (let index = 0; index < raw.length; index += 2) lines.push(`${raw[index]}: ${raw[index + 1]}`);
  return lines;
}

/** Origin form of a target in absolute form. */
export function reducedTarget(method: string, target: string): string {
  const match = /^https?:\/\/[^/?]*(.*)$/i.exec(target);
  if (match === null) return target;
  if (match[1] === '') return method === 'OPTIONS' ? '*' : '/';
  return match[1].startsWith('/') ? match[1] : `/${match[1]}`;
}

/** `Name:  value ` as it is compared: the blanks around the value mean nothing. */
export function plainLines(lines: string): string[] {
  const all = lines.split('\r\n');
  all.pop();
  return all.map((line) => {
    const colon = line.indexOf(':');
    return `${line.slice(0, colon)}: ${line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')}`;
  });
}

export function sameMessage(a: ReadMessage, b: ReadMessage): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
