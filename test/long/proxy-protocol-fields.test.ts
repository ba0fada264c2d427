/** How a client came by TLS, in PROXY headers to and from the real HAProxy. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { findCommand } from '../../bench/commands.ts';
import { reservePort } from '../../bench/ports.ts';
import { tempFolder } from '../support/access-log.ts';
import { fieldsOf, startHeaderCatcher } from '../support/header-catcher.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import { startOriginal } from '../support/original-proxy.ts';
import { runBalancer } from '../support/running-balancer.ts';
import { askTls } from '../support/tls-balancer.ts';

async function freePort(): Promise<number> {
  const { port, release } = await reservePort();
  await release();
  return port;
}

async function startHaproxy(t: TestContext, text: string, port: number): Promise<void> {
  const times = ['connect', 'client', 'server'].map((name) => `  timeout ${name} 10s\n`).join('');
  const running = await startOriginal('haproxy', `defaults\n  mode http\n${times}${text}\n`, port);
  t.after(() => running[Symbol.asyncDispose]());
}

/** What comes out of HAProxy as a receiver of the fields that say how the client came by TLS. */
const SEEN = '%[fc_pp_authority] %[fc_pp_unique_id]';

describe('HAProxy and TLS in headers', { skip: findCommand('haproxy') === null ? 'needs haproxy' : false }, () => {
  const site = issueCertificate({ names: ['web.test'], key: 'rsa' });
  const client = issueCertificate({ commonName: 'client.test', isAuthority: true });
  const certificate = { cert: client.cert, key: client.key };
  const CLIENTS: readonly (readonly [string, ConnectionOptions])[] = [
    ['TLS 1.3', {}],
    ['TLS 1.2 without ALPN', { maxVersion: 'TLSv1.2', ALPNProtocols: [] }],
    ['TLS 1.3 with a certificate', certificate],
    ['TLS 1.2 with a certificate', { maxVersion: 'TLSv1.2', ...certificate }],
  ];
  const CIPHERS = 'TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256';

  it('Fairlead says of TLS in the PROXY header what HAProxy says of the same client, byte by byte', async (t) => {
    const [folder, port] = [tempFolder(t), await freePort()];
    writeFileSync(join(folder, 'server.pem'), site.cert + site.key);
    writeFileSync(join(folder, 'client.pem'), client.cert);
    const [theirs, ours] = [await startHeaderCatcher(t), await startHeaderCatcher(t)];
    const options = 'ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c';
    const front = `
frontend front
  bind 127.0.0.1:${port} ssl crt ${folder}/server.pem ca-file ${folder}/client.pem verify optional alpn http/1.1
  default_backend back
backend back
  server s 127.0.0.1:${theirs.port} send-proxy-v2 proxy-v2-options ${options}`;
    await startHaproxy(t, front, port);
    const { balancer, port: own } = await runBalancer(`
      threads: 1
      listeners:
        web:
          address: "127.0.0.1:0"
          tls: { certificates: ${folder}/server.pem, clientCertificate: { ca: ${folder}/client.pem, require: off } }
      pools:
        web:
          endpoints: ["127.0.0.1:${ours.port}"]
          proxyProtocol: { version: 2, add: [alpn, authority, ssl, crc32c] }`);
    t.after(() => balancer.close({ force: true }));
    // What was tried to see whether HAProxy listens is no client.
    theirs.headers.length = 0;
    for (const [who, more] of CLIENTS) {
      const asked = { servername: 'web.test', ALPNProtocols: ['http/1.1'], ciphers: CIPHERS, ...more };
      for (const each of [port, own]) await askTls(each, asked);
      const [of, by] = [theirs, ours].map(({ headers }) => new Map(fieldsOf(headers.at(-1) as Buffer)));
      // It is of the ports as well, and the reader has looked at it.
      for (const fields of [of, by]) assert.ok(fields.delete('03'), who);
      assert.deepEqual(Object.fromEntries(by), Object.fromEntries(of), who);
      assert.ok(by.size >= 6, who);
    }
    assert.equal(ours.headers.length, CLIENTS.length);
  });

  it('HAProxy behind Fairlead takes every field of the PROXY header', async (t) => {
    const [folder, port] = [tempFolder(t), await freePort()];
    writeFileSync(join(folder, 'server.pem'), site.cert + site.key);
    writeFileSync(join(folder, 'client.pem'), client.cert);
    const back = `
frontend back
  bind 127.0.0.1:${port} accept-proxy
  http-request return status 200 content-type application/json lf-string '{ "headers": { "seen": "%[src] %[dst_port] ${SEEN}" } }'`;
    await startHaproxy(t, back, port);
    const { balancer, port: own } = await runBalancer(`
      threads: 1
      listeners:
        web:
          address: "127.0.0.1:0"
          tls: { certificates: ${folder}/server.pem, clientCertificate: { ca: ${folder}/client.pem, require: off } }
      pools:
        web:
          endpoints: ["127.0.0.1:${port}"]
          proxyProtocol: { version: 2, add: [alpn, authority, unique-id, ssl, crc32c] }`);
    t.after(() => balancer.close({ force: true }));
    for (const [who, more] of CLIENTS) {
      const { status, asked } = await askTls(own, { servername: 'web.test', ALPNProtocols: ['http/1.1'], ...more });
      assert.equal(status, 200, who);
      assert.match(asked['seen'], new RegExp(`^127\\.0\\.0\\.1 ${own} web\\.test [\\w-]+$`), who);
    }
  });
});
