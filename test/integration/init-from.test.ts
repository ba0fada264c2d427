/** One config each of nginx, HAProxy and a proxy table, converted and run: requests get where those would have sent them. */
import assert from 'node:assert/strict';
import { lstatSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startBackend } from '../../src/backend/backend.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { convert, convertFile } from '../../src/init/convert.ts';
import { writeDraft } from '../../src/init/write-draft.ts';
import { tempFolder } from '../support/access-log.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import { runBalancer } from '../support/running-balancer.ts';
import { askTls, writePair } from '../support/tls-balancer.ts';
import { getOver, socketFolder } from '../support/unix-server.ts';

interface Sent {
  readonly host?: string;
  readonly path: string;
  readonly method?: string;
}

/** Who answered, to which path, for which Host; or the status where it was Fairlead itself. */
function send(port: number, { host = 'other.org', path, method = 'GET' }: Sent): Promise<string> {
  return new Promise((resolve, reject) => {
    const sending = request({ host: '127.0.0.1', port, path, method, headers: { host }, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => {
        if (response.headers['fairlead-error'] !== undefined) return resolve(String(response.statusCode));
        const { server, url, headers } = JSON.parse(text) as { server: string; url: string; headers: { host: string } };
        resolve(`${server} ${url} ${headers.host}`);
      });
    });
    sending.on('error', reject).end();
  });
}

/** `ports` stand in the text as `%a%`. Each request with who is to answer. */
async function assertTraffic(
  file: string,
  template: string,
  backends: Readonly<Record<string, Backend>>,
  expected: readonly (readonly [Sent, string])[],
): Promise<void> {
  const text = template.replace(/%(\w+)%/g, (_, name: string) => `127.0.0.1:${backends[name].port}`);
  const { draft, notes } = await convert(text, file);
  assert.ok(draft !== null);
  const written = writeDraft(draft, notes, []).replace('127.0.0.1:8080', '127.0.0.1:0');
  const { port, balancer } = await runBalancer(`threads: 0\n${written}`);
  try {
    for (const [sent, answer] of expected) {
      assert.equal(
        await send(port, sent),
        answer.replace(/%(\w+)%/g, (_, name: string) => `127.0.0.1:${backends[name].port}`),
        JSON.stringify(sent),
      );
    }
  } finally {
    await balancer.close();
  }
}

const NGINX = `
upstream app { server %a%; }
upstream images { server %b%; }
server {
    listen 127.0.0.1:0;
    server_name example.com;
    location / { proxy_pass http://app; }
    location = /exact { proxy_pass http://images; }
    location /api/ { proxy_pass http://%c%/v1/; proxy_set_header Host $host; }
    location /keep/ { proxy_pass http://%c%; }
    location ~* \\.(?:png|jpg)$ { proxy_pass http://images; proxy_set_header Host img.internal; }
    location ^~ /raw/ { proxy_pass http://app; }
    location /admin/ { deny all; proxy_pass http://app; }
}
server {
    listen 127.0.0.1:0;
    server_name *.api.example.com;
    location /v2 { rewrite ^/v2/(.*)$ /$1 break; proxy_pass http://%c%; }
}
`;

const HAPROXY = `
defaults
    mode http
    timeout connect 2s
frontend fe
    bind 127.0.0.1:0
    acl images path_end .png
    acl writes method POST PUT
    http-request deny if { path_beg /internal } !{ src 10.0.0.0/8 }
    use_backend c if writes !{ hdr(host) -i img.example.com }
    use_backend b if images or { hdr(host) -i img.example.com }
    use_backend api if { path_beg /api }
    use_backend b if { hdr(host) -i api.example.com }
    default_backend a
backend a
    server s %a% check
backend b
    server s %b% weight 2
backend c
    server s %c%
backend api
    http-request replace-path /api/(.*) /\\1
    http-request set-header Host api.internal
    server s %c%
`;

const JSON_TABLE = `{
  "/api/**": { "target": "http://%b%", "pathRewrite": { "^/api": "" } },
  "/base": { "target": "http://%c%/root", "changeOrigin": true },
  "^/img/.*\\\\.png$": "http://%c%",
  "/": "http://%a%"
}`;

/** What listens on `web.sock` of a folder and sends to `a.sock` in it. */
const ON_SOCKETS: Readonly<Record<string, (folder: string) => string>> = {
  'upstream.conf': (folder) => `
upstream app { server unix:${folder}/a.sock; }
server { listen unix:${folder}/web.sock; location / { proxy_pass http://app; } }
`,
  'proxy-pass.conf': (folder) => `
server { listen unix:${folder}/web.sock; location / { proxy_pass http://unix:${folder}/a.sock; } }
`,
  'haproxy.cfg': (folder) => `
defaults
    mode http
frontend fe
    bind unix@${folder}/web.sock mode 666
    default_backend a
backend a
    server s ${folder}/a.sock
`,
};

const SHOP = issueCertificate({ names: ['shop.example'] });
const OTHER = issueCertificate({ names: ['other.example'], key: 'rsa' });

/** HTTPS for two names, TLS 1.3 alone, one certificate for those who ask for no name. `%a%`: a server. */
const SECURED: Readonly<Record<string, string>> = {
  'nginx.conf': `
upstream app { server %a%; }
server {
  listen 127.0.0.1:0 ssl;
  server_name other.example;
  ssl_certificate other.crt;
  ssl_certificate_key other.key;
  location / { proxy_pass http://app; }
}
server {
  listen 127.0.0.1:0 ssl default_server;
  server_name shop.example;
  ssl_protocols TLSv1.3;
  ssl_certificate shop.pem;
  ssl_certificate_key shop.pem;
  location / { proxy_pass http://app; }
}
`,
  'haproxy.cfg': `
global
  ssl-default-bind-options ssl-min-ver TLSv1.3
defaults
  mode http
frontend fe
  bind 127.0.0.1:0 ssl crt shop.pem crt-list sites.list
  default_backend a
backend a
  server s %a%
`,
};

describe('a converted config', () => {
  test('a converted config of nginx sends requests where nginx would', async () => {
    await using a = await startBackend({ name: 'a' });
    await using b = await startBackend({ name: 'b' });
    await using c = await startBackend({ name: 'c' });
    await assertTraffic('nginx.conf', NGINX, { a, b, c }, [
      [{ path: '/' }, 'a / app'],
      [{ path: '/x?y=1', host: 'example.com' }, 'a /x?y=1 app'],
      [{ path: '/exact' }, 'b /exact images'],
      [{ path: '/exact/not' }, 'a /exact/not app'],
      [{ path: '/api/users?q' }, 'c /v1/users?q other.org'],
      [{ path: '/keep/it' }, 'c /keep/it %c%'],
      [{ path: '/api/logo.PNG' }, 'b /api/logo.PNG img.internal'],
      [{ path: '/raw/logo.png' }, 'a /raw/logo.png app'],
      [{ path: '/admin/users' }, '502'],
      [{ path: '/v2/users', host: 'eu.api.example.com' }, 'c /users %c%'],
    ]);
  });

  test('a converted config of HAProxy sends requests where the first rule that holds would', async () => {
    await using a = await startBackend({ name: 'a' });
    await using b = await startBackend({ name: 'b' });
    await using c = await startBackend({ name: 'c' });
    await assertTraffic('haproxy.cfg', HAPROXY, { a, b, c }, [
      [{ path: '/' }, 'a / other.org'],
      [{ path: '/x', method: 'PUT' }, 'c /x other.org'],
      [{ path: '/x.png', method: 'PUT' }, 'c /x.png other.org'],
      [{ path: '/x', method: 'PUT', host: 'img.example.com' }, 'b /x img.example.com'],
      [{ path: '/x', host: 'img.example.com' }, 'b /x img.example.com'],
      [{ path: '/api/x.png' }, 'b /api/x.png other.org'],
      [{ path: '/api/x?y' }, 'c /x?y api.internal'],
      [{ path: '/api/x', host: 'API.example.com:80' }, 'c /x api.internal'],
      [{ path: '/x', host: 'api.example.com' }, 'b /x api.example.com'],
      [{ path: '/internal/x', method: 'PUT' }, '502'],
      [{ path: '/internal', host: 'img.example.com' }, '502'],
    ]);
  });

  test('a converted proxy table in JSON sends requests where its table says', async () => {
    await using a = await startBackend({ name: 'a' });
    await using b = await startBackend({ name: 'b' });
    await using c = await startBackend({ name: 'c' });
    await assertTraffic('proxy.conf.json', JSON_TABLE, { a, b, c }, [
      [{ path: '/x' }, 'a /x other.org'],
      [{ path: '/api/x' }, 'b /x other.org'],
      [{ path: '/apix' }, 'a /apix other.org'],
      [{ path: '/base/x' }, 'c /root/base/x %c%'],
      [{ path: '/img/a.png' }, 'c /img/a.png other.org'],
      [{ path: '/img/a.gif' }, 'a /img/a.gif other.org'],
    ]);
  });

  for (const [file, template] of Object.entries(SECURED)) {
    test(`a converted config with certificates passes the check, and each client gets the one for its name (${file})`, async (t) => {
      const folder = tempFolder(t);
      writePair(folder, 'shop.pem', SHOP);
      writePair(folder, 'other.pem', OTHER);
      writePair(folder, 'other.crt', { cert: OTHER.cert, key: '' });
      writePair(folder, 'other.key', { cert: '', key: OTHER.key });
      writeFileSync(join(folder, 'sites.list'), 'other.pem\n');
      await using a = await startBackend({ name: 'a' });
      writeFileSync(join(folder, file), template.replace('%a%', `127.0.0.1:${a.port}`));
      const { draft, notes } = await convertFile(join(folder, file));
      assert.ok(draft !== null);
      const config = join(folder, 'fairlead.yaml');
      writeFileSync(config, `threads: 0\n${writeDraft(draft, notes, [])}`);
      await using check = new FairleadProcess(['check', '-c', config]);
      assert.deepEqual([(await check.ended).code, check.stderr], [0, '']);
      assert.match(check.stdout, / web {2}shop\.example, any other name {2}.*\n +web {2}other\.example {2}/);
      await using fairlead = new FairleadProcess(['run', '-c', config]);
      const port = await fairlead.port();
      assert.equal((await askTls(port)).subject, 'shop.example');
      assert.equal((await askTls(port, { servername: 'other.example' })).subject, 'other.example');
      await assert.rejects(askTls(port, { maxVersion: 'TLSv1.2' }));
    });
  }

  for (const [file, textOf] of Object.entries(ON_SOCKETS)) {
    test(`a converted config with unix sockets listens on them and sends to them (${file})`, async (t) => {
      const folder = socketFolder(t);
      await using a = await startBackend({ name: 'a', host: `unix:${folder}/a.sock` });
      const { draft, notes } = await convert(textOf(folder), file);
      assert.ok(draft !== null);
      assert.deepEqual(
        notes.filter(({ kind }) => kind === 'left' || kind === 'guard'),
        [],
      );
      const { balancer } = await runBalancer(`threads: 0\n${writeDraft(draft, notes, [])}`);
      t.after(() => balancer.close({ force: true }));
      const web = join(folder, 'web.sock');
      const [status, ...body] = (await getOver(web, '/x', { headers: { host: 'a.example' } })).split(' ');
      const { server, url } = JSON.parse(body.join(' ')) as { server: string; url: string };
      assert.deepEqual([status, server, url, a.stats.requests], ['200', 'a', '/x', 1]);
      assert.equal((lstatSync(web).mode & 0o777).toString(8), '666');
    });
  }
});
