/** Clients with certificates, good ones and others, before a listener that asks for them. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import assert from 'node:assert/strict';
import { issueCertificate } from './issued-certificates.ts';
import type { Issued } from './issued-certificates.ts';
import { askTls, openTls, requestOver, runTls, writePair } from './tls-balancer.ts';
import type { TlsBalancer, TlsBalancerOptions } from './tls-balancer.ts';

export const CA = issueCertificate({ commonName: 'Clients', isAuthority: true });
export const OTHER_CA = issueCertificate({ commonName: 'Other', isAuthority: true });
/** Another key under the same name. */
export const ROGUE_CA = issueCertificate({ commonName: 'Clients', isAuthority: true });
export const MIDDLE = issueCertificate({ commonName: 'Middle', isAuthority: true, issuer: CA });
export const SITE = issueCertificate({ names: ['secure.example', 'open.example'], commonName: 'site' });

export const GOOD = issueCertificate({ commonName: 'good', issuer: CA, purpose: 'client' });
export const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

/** A listener whose `clientCertificate` has these keys beside `ca`, which is `clients.pem` of the folder. */
export async function runAsking(
  t: TestContext,
  keys = '',
  options: TlsBalancerOptions = {},
  ca = CA.cert,
): Promise<TlsBalancer> {
  return runTls(
    t,
    (folder) => {
      writeFileSync(join(folder, 'clients.pem'), ca);
      return tlsKeys(folder, keys);
    },
    options,
  );
}

export function tlsKeys(folder: string, keys = ''): string {
  const certificate = writePair(folder, 'site.pem', SITE);
  return `certificates: ${certificate}, clientCertificate: { ca: ${folder}/clients.pem${keys === '' ? '' : `, ${keys}`} }`;
}

export function as({ cert, key }: Pick<Issued, 'cert' | 'key'>, options: ConnectionOptions = {}): ConnectionOptions {
  return { cert, key, servername: 'secure.example', ...options };
}

/** The certificate of a client with those of its issuers behind it. */
export function withChain(client: Issued, ...issuers: readonly Issued[]): Pick<Issued, 'cert' | 'key'> {
  return { cert: [client, ...issuers].map(({ cert }) => cert).join(''), key: client.key };
}

/** Whether the client comes in and is answered. */
export async function comesIn(port: number, options: ConnectionOptions): Promise<boolean> {
  return askTls(port, options).then(
    ({ status }) => status === 200,
    () => false,
  );
}

/** A session earned in a whole handshake. */
export async function earn(port: number, options: ConnectionOptions): Promise<Buffer> {
  const socket = await openTls(port, options);
  const ticket = options.maxVersion === 'TLSv1.3' ? once(socket, 'session') : null;
  await requestOver(socket);
  const session = ticket === null ? socket.getSession() : ((await ticket)[0] as Buffer);
  assert.ok(session);
  socket.destroy();
  return session;
}

/** Status and reason of a request on a connection of its own. */
export async function statusOf(port: number, options: ConnectionOptions, host: string): Promise<string> {
  const socket = await openTls(port, options);
  socket.setEncoding('latin1');
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  let answer = '';
  for await (const text of socket) answer += text as string;
  return `${/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]} ${/\r\nFairlead-Error: (\S+)/.exec(answer)?.[1] ?? ''}`.trim();
}
