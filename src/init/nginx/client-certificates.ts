/**
 * `ssl_verify_client` of nginx, where all servers that are taken over ask for the same. Routes hold for every listener: what
 * one server keeps out would else come in by another.
 */
import type { ClientCertificateInput } from '../../config/config-input.ts';
import type { Report } from '../report.ts';
import type { Directive } from './parse-nginx.ts';
import { Scope } from './scope.ts';

const VERIFY = 'ssl_verify_client';
/** What it is called from then on, so that nobody takes it for a guard that is not there. */
const OF_ALL = 'ssl_verify_client_of_all';

/** The same directives, with another name for those that ask clients of HTTP where all ask alike. */
export function nameShared(directives: readonly Directive[]): readonly Directive[] {
  const blocks = directives.filter(({ name }) => name === 'http');
  if (blocks.length === 0) return askAlike(directives) ? directives.map(rename) : directives;
  if (!askAlike(blocks.flatMap(({ children }) => children))) return directives;
  return directives.map((each) => (each.name === 'http' ? { ...each, children: each.children.map(rename) } : each));
}

/** A server, or a directive beside servers. */
function rename(directive: Directive): Directive {
  const toShared = (each: Directive): Directive => (each.name === VERIFY ? { ...each, name: OF_ALL } : each);
  return directive.name === 'server'
    ? { ...directive, children: directive.children.map(toShared) }
    : toShared(directive);
}

function askAlike(directives: readonly Directive[]): boolean {
  const outer = new Scope([directives]);
  // One that answers everything itself, such as a redirect, lets nobody in.
  const servers = directives.filter(
    ({ name, children }) => name === 'server' && children.every((each) => each.name !== 'return'),
  );
  const asked = new Set(servers.map((server) => askedBy(server, outer.inner(server.children))));
  return asked.size === 1 && !asked.has('');
}

/** `''`: it asks for none, or not of all. */
function askedBy({ children }: Directive, scope: Scope): string {
  const listens = children.filter(({ name }) => name === 'listen');
  const isSecured = scope.find('ssl')?.args[0] === 'on' || listens.every(({ args }) => args.includes('ssl'));
  const [verify = ''] = scope.find(VERIFY)?.args ?? [];
  const [ca = ''] = scope.find('ssl_client_certificate')?.args ?? [];
  const [crl = ''] = scope.find('ssl_crl')?.args ?? [];
  const isTaken = (verify === 'on' || verify === 'optional') && ca !== '' && !/[$]|^data:/.test(ca + crl);
  return listens.length > 0 && isSecured && isTaken ? [verify, ca, crl].join('\n') : '';
}

/** Null: the servers of this address ask for none. */
export function clientCertificateOf(scopes: readonly Scope[], report: Report): ClientCertificateInput | null {
  const [scope] = scopes;
  const verify = scope.find(OF_ALL);
  if (verify === null) return null;
  const named = scopes.flatMap((each) => ['ssl_client_certificate', 'ssl_crl'].flatMap((name) => each.findAll(name)));
  for (const each of named) {
    if (each.args[0].startsWith('/')) report.take(each);
    else report.differ(each, 'nginx looks for it in its own folder, and Fairlead in that of this file');
  }
  for (const each of new Set(scopes.flatMap((one) => one.findAll(OF_ALL))))
    report.differ(each, 'who has no good certificate does not come in, and gets no 400');
  const [ca = ''] = scope.find('ssl_client_certificate')?.args ?? [];
  const [crl = ''] = scope.find('ssl_crl')?.args ?? [];
  return { ca, ...(verify.args[0] === 'optional' ? { require: 'off' } : {}), ...(crl === '' ? {} : { crl }) };
}
