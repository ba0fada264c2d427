/**
 * Real nginx and HAProxy end TLS with configs of theirs, and Fairlead with what `fairlead init` makes of them: clients
 * that ask for the same name get the same certificate, or are refused by both.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { SecureVersion } from 'node:tls';
import { findCommand } from '../../bench/commands.ts';
import { reservePort } from '../../bench/ports.ts';
import { startBackend } from '../../src/backend/backend.ts';
import { convertFile } from '../../src/init/convert.ts';
import { writeDraft } from '../../src/init/write-draft.ts';
import { tempFolder } from '../support/access-log.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import type { Issued } from '../support/issued-certificates.ts';
import { startOriginal } from '../support/original-proxy.ts';
import type { ProxyProgram } from '../support/original-proxy.ts';
import { runBalancer } from '../support/running-balancer.ts';
import { openTls, writePair } from '../support/tls-balancer.ts';

const CERTIFICATES: Readonly<Record<string, Issued>> = {
  shop: issueCertificate({ names: ['shop.example', 'www.shop.example'] }),
  shopRsa: issueCertificate({ names: ['shop.example'], key: 'rsa' }),
  blog: issueCertificate({ names: ['blog.example', '*.blog.example'] }),
  last: issueCertificate({ names: ['last.example'] }),
};

/** `%folder%`, `%listen%` and `%a%` are put in. */
const CONFIGS: Readonly<Record<string, readonly [program: ProxyProgram, text: string]>> = {
  'nginx, the second server is the default one': [
    'nginx',
    `
server { listen 127.0.0.1:%listen% ssl; server_name shop.example www.shop.example;
  ssl_certificate %folder%/shop.pem; ssl_certificate_key %folder%/shop.pem;
  ssl_certificate %folder%/shopRsa.pem; ssl_certificate_key %folder%/shopRsa.pem;
  location / { proxy_pass http://127.0.0.1:%a%; } }
server { listen 127.0.0.1:%listen% ssl default_server; server_name blog.example *.blog.example;
  ssl_certificate %folder%/blog.pem; ssl_certificate_key %folder%/blog.pem; ssl_protocols TLSv1.3;
  location / { proxy_pass http://127.0.0.1:%a%; } }
server { listen 127.0.0.1:%listen% ssl; server_name last.example;
  ssl_certificate %folder%/last.pem; ssl_certificate_key %folder%/last.pem;
  return 301 https://shop.example/; }`,
  ],
  'nginx, a default server that rejects': [
    'nginx',
    `
server { listen 127.0.0.1:%listen% ssl; server_name shop.example;
  ssl_certificate %folder%/shopRsa.pem; ssl_certificate_key %folder%/shopRsa.pem;
  location / { proxy_pass http://127.0.0.1:%a%; } }
server { listen 127.0.0.1:%listen% ssl default_server; ssl_reject_handshake on; ssl_protocols TLSv1.2 TLSv1.3; }`,
  ],
  'HAProxy, a file, a folder and a list': [
    'haproxy',
    `
global
  crt-base %folder%
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend fe
  bind 127.0.0.1:%listen% ssl crt last.pem crt %folder%/sites crt-list %folder%/list ssl-min-ver TLSv1.3
  default_backend be
backend be
  server s 127.0.0.1:%a%
`,
  ],
  'HAProxy, strict-sni': [
    'haproxy',
    `
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend fe
  bind 127.0.0.1:%listen% ssl crt %folder%/shop.pem crt %folder%/blog.pem strict-sni
  default_backend be
backend be
  server s 127.0.0.1:%a%
`,
  ],
};

const NAMES = ['', 'shop.example', 'www.shop.example', 'SHOP.example', 'blog.example', 'a.blog.example'];
const OTHERS = ['a.b.blog.example', 'last.example', 'unknown.example'];
const VERSIONS: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];

/** Which certificate each name gets, over each version; `refused` where there is none. */
async function outcomes(port: number): Promise<Readonly<Record<string, string>>> {
  const seen: Record<string, string> = {};
  for (const servername of [...NAMES, ...OTHERS]) {
    for (const version of VERSIONS) {
      seen[`${servername} ${version}`] = await subjectFor(port, servername, version);
    }
  }
  return seen;
}

async function subjectFor(port: number, servername: string, version: SecureVersion): Promise<string> {
  try {
    const socket = await openTls(port, { servername, minVersion: version, maxVersion: version });
    const subject = socket.getPeerX509Certificate()?.subject ?? '';
    socket.destroy();
    return subject;
  } catch {
    return 'refused';
  }
}

for (const [title, [program, template]] of Object.entries(CONFIGS)) {
  describe(
    'what init makes of certificates',
    { skip: findCommand(program) === null ? `needs ${program}` : false },
    () => {
      test(`what init makes of certificates answers to every name with the one of the original: ${title}`, async (t) => {
        const folder = tempFolder(t);
        for (const [name, issued] of Object.entries(CERTIFICATES)) writePair(folder, `${name}.pem`, issued);
        writePair(folder, 'sites/shop.pem', CERTIFICATES['shop']);
        writeFileSync(join(folder, 'list'), `# one\n${folder}/blog.pem\n`);
        await using a = await startBackend({ name: 'a' });
        const { port: listen, release } = await reservePort();
        const places = { folder, listen: String(listen), a: String(a.port) };
        const text = template.replaceAll(/%(folder|listen|a)%/g, (_, key: keyof typeof places) => places[key]);
        const file = join(folder, program === 'nginx' ? 'nginx.conf' : 'haproxy.cfg');
        writeFileSync(file, text);
        const { draft, notes } = await convertFile(file);
        assert.ok(draft !== null);
        await release();
        await using original = await startOriginal(program, readFileSync(file, 'utf8'), listen);
        const written = writeDraft(draft, notes, []).replace(`127.0.0.1:${listen}`, '127.0.0.1:0');
        const { port, balancer } = await runBalancer(`threads: 0\n${written}`);
        t.after(() => balancer.close({ force: true }));
        const expected = await outcomes(original.port);
        assert.ok(new Set(Object.values(expected)).size > 1, JSON.stringify(expected));
        assert.deepEqual(await outcomes(port), expected);
      });
    },
  );
}
