/** The names that a certificate is for. */
import type { X509Certificate } from 'node:crypto';
import { isIPv6 } from 'node:net';

export interface SubjectNames {
  readonly names: readonly string[];
  readonly addresses: readonly string[];
  /** They stand in its common name alone, which clients look at no more. */
  readonly isCommonName: boolean;
}

/** `DNS:a.example, IP Address:192.0.2.1`; what could be taken for more entries stands in quotes, as in JSON. */
const ENTRY = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g;
const HOST_NAME = /^(?:\*\.)?[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
const COMMON_NAME = /^CN=(.*)$/m;

export function subjectNamesOf(certificate: X509Certificate): SubjectNames {
  const { subjectAltName } = certificate;
  if (subjectAltName === undefined) {
    const name = (COMMON_NAME.exec(certificate.subject)?.[1] ?? '').toLowerCase();
    return { names: HOST_NAME.test(name) ? [name] : [], addresses: [], isCommonName: true };
  }
  const entries = [...subjectAltName.matchAll(ENTRY)].map(([, kind, value]) => ({ kind, value: unquoted(value) }));
  const names = entries.filter(({ kind }) => kind === 'DNS').map(({ value }) => value.toLowerCase());
  const addresses = entries.filter(({ kind }) => kind === 'IP Address').map(({ value }) => shortAddress(value));
  return { names: [...new Set(names.filter((name) => HOST_NAME.test(name)))], addresses, isCommonName: false };
}

function unquoted(value: string): string {
  return value.startsWith('"') ? String(JSON.parse(value)) : value;
}

/** As the system names the ends of a connection: `0:0:0:0:0:0:0:1` is `::1`. */
function shortAddress(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
