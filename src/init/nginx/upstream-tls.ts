/** `proxy_pass https://` and the `proxy_ssl_*` around it, as the TLS of a pool. */
import { isIP } from 'node:net';
import { isHostName } from '../../config/addresses.ts';
import type { PoolInput } from '../../config/config-input.ts';
import type { Report } from '../report.ts';
import type { Directive } from './parse-nginx.ts';
import type { Scope } from './scope.ts';

type PoolTls = Exclude<NonNullable<PoolInput['tls']>, 'on' | 'off' | false>;

const FILES = {
  ca: 'proxy_ssl_trusted_certificate',
  certificate: 'proxy_ssl_certificate',
  key: 'proxy_ssl_certificate_key',
} as const;

export interface UpstreamTarget {
  /** What stands in `proxy_pass`. */
  readonly host: string;
  /** The Host that is sent: null: the client's. */
  readonly sentHost: PoolInput['host'] | null;
  readonly proxyPass: Directive;
}

export function readUpstreamTls(
  scope: Scope,
  { host, sentHost, proxyPass }: UpstreamTarget,
  report: Report,
): object | 'on' {
  const isVerified = readVerify(scope, proxyPass, report);
  const name = readName(scope, host, report);
  const usual = sentHost === null ? null : withoutPort(sentHost === 'endpoint' ? host : String(sentHost));
  const version = readVersion(scope, report);
  noteReuse(scope, report);
  const { ca, ...shown } = readFiles(scope, report);
  const tls: PoolTls = {
    ...(ca === undefined || !isVerified ? {} : { ca }),
    ...shown,
    ...(name === null || name === usual ? {} : { name }),
    ...(isVerified ? {} : { verify: 'off' as const }),
    ...(version === null ? {} : { minVersion: version }),
  };
  return Object.keys(tls).length === 0 ? 'on' : tls;
}

/** nginx takes whoever answers unless it is told otherwise. */
function readVerify(scope: Scope, proxyPass: Directive, report: Report): boolean {
  const directive = scope.find('proxy_ssl_verify');
  if (directive !== null) report.take(directive);
  if (directive?.args[0] === 'on') return true;
  const trusted = scope.find(FILES.ca);
  if (trusted !== null) report.leave(trusted, 'nothing is verified without proxy_ssl_verify on');
  const why = 'whoever answers is trusted, as in nginx without proxy_ssl_verify: take verify: off out if you can';
  report.differ(directive ?? proxyPass, why);
  return false;
}

/** What is in the certificate; null: what the client asked for. */
function readName(scope: Scope, host: string, report: Report): string | null {
  for (const name of ['proxy_ssl_server_name']) {
    const directive = scope.find(name);
    if (directive !== null) report.same(directive, 'a name is asked for always, an address never');
  }
  const own = nameOf(withoutPort(host));
  const directive = scope.find('proxy_ssl_name');
  if (directive === null) return own;
  const text = scope.expand(directive.args[0] ?? '', (set) => report.take(set));
  report.take(directive);
  if (text === '$proxy_host') return own;
  if (/^\$(?:host|http_host|server_name|ssl_server_name)$/.test(text)) return null;
  const name = nameOf(text);
  if (name === null) report.leave(directive, 'this is not the name of a host');
  return name ?? own;
}

/** Null: nobody can have such a name in a certificate. */
function nameOf(text: string): string | null {
  const name = text.toLowerCase();
  return isHostName(name) || isIP(name) !== 0 ? name : null;
}

function withoutPort(host: string): string {
  if (/^unix:/i.test(host)) return 'localhost';
  return host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

function readVersion(scope: Scope, report: Report): '1.3' | null {
  const directive = scope.find('proxy_ssl_protocols');
  if (directive === null) return null;
  report.take(directive);
  if (directive.args.every((version) => version === 'TLSv1.3')) return '1.3';
  for (const version of directive.args)
    if (!/^TLSv1\.[23]$/.test(version)) report.leave(directive, 'nothing older than TLS 1.2 is spoken', version);
  return null;
}

function noteReuse(scope: Scope, report: Report): void {
  const directive = scope.find('proxy_ssl_session_reuse');
  if (directive?.args[0] === 'off') report.leave(directive, 'sessions are resumed where the server allows it');
  else if (directive !== null) report.same(directive, 'sessions are resumed');
  const ciphers = scope.find('proxy_ssl_ciphers');
  if (ciphers !== null) report.leave(ciphers, 'which ciphers there are is fixed');
}

function readFiles(scope: Scope, report: Report): Partial<Record<keyof typeof FILES, string>> {
  const files: Partial<Record<keyof typeof FILES, string>> = {};
  for (const [key, name] of Object.entries(FILES) as [keyof typeof FILES, string][]) {
    const directive = scope.find(name);
    const [file = ''] = directive?.args ?? [];
    if (directive === null || file === '') continue;
    if (file.includes('$') || /^(?:engine|data|store):/.test(file)) {
      report.leave(directive, 'only files are read');
      continue;
    }
    report.take(directive);
    if (!file.startsWith('/')) report.differ(directive, 'its path is relative to the config here');
    files[key] = file;
  }
  // A key alone is of no use, and a certificate without its own has it in the same file.
  if (files.certificate === undefined || files.key === files.certificate) delete files.key;
  return files;
}
