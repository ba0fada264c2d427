import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { convert } from './convert.ts';
import { initFromFile } from './init-from-file.ts';
import { UnreadableInput } from './statement.ts';

/** What `init` says of it. */
async function refusalOf(text: string, file: string): Promise<string> {
  try {
    await convert(text, file);
  } catch (error) {
    assert.ok(error instanceof UnreadableInput);
    return error.message;
  }
  return 'converted';
}

const CADDY = 'this is a Caddyfile, which init does not convert: docs/coming-from-caddy.md';
const TRAEFIK = 'this is a config of Traefik, which init does not convert: docs/coming-from-traefik.md';

describe('a config that init does not convert', () => {
  it('a config of Caddy is recognised, by its file or by what it says', async () => {
    for (const text of [
      'example.com\n\nreverse_proxy localhost:3000\n',
      '{\n\temail a@example.com\n}\n\nexample.com {\n\treverse_proxy localhost:3000 localhost:3001\n}\n',
      '# ours\n:80 {\n\thandle_path /api/* {\n\t\treverse_proxy a:1 {\n\t\t\tlb_policy first\n\t\t}\n\t}\n}\n',
      'a.com {\n  root * /srv\n  file_server\n}\n',
    ]) {
      assert.equal(await refusalOf(text, 'config'), CADDY, text);
    }
    assert.equal(await refusalOf(':8080\nrespond "hi"\n', '/etc/caddy/Caddyfile'), CADDY);
    assert.equal(await refusalOf(':8080\nrespond "hi"\n', 'Caddyfile.dev'), CADDY);
    const json = '{ "apps": { "http": { "servers": { "a": { "listen": [":443"] } } } } }';
    assert.match(await refusalOf(json, 'caddy.json'), /^this is a config of Caddy in JSON, .*coming-from-caddy\.md$/);
  });

  it('a config of Traefik is recognised, by its file or by what it says', async () => {
    for (const [text, file] of [
      ['entryPoints:\n  web:\n    address: ":80"\n', 'x.yml'],
      ['http:\n  routers:\n    a:\n      rule: Host(`a.com`)\n      service: a\n', 'dynamic.yaml'],
      ['[entryPoints.web]\n  address = ":80"\n', 'x.toml'],
      ['[http.routers.a]\n  rule = "Host(`a.com`)"\n', 'x.toml'],
      ['services:\n  a:\n    labels:\n      - traefik.http.routers.a.rule=Host(`a.com`)\n', 'compose.yaml'],
      ['log:\n  level: DEBUG\n', '/etc/traefik/traefik.yml'],
    ] as const) {
      assert.equal(await refusalOf(text, file), TRAEFIK, text);
    }
  });

  it('a config that init does not convert is refused with the whole name of its page, on stderr', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-foreign-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'traefik.yml');
    await writeFile(file, 'log: {}\n');
    const said = t.mock.method(console, 'error', () => undefined);
    const output = join(folder, 'fairlead.yaml');
    assert.equal(await initFromFile(file, { output, force: false, json: false }), false);
    assert.deepEqual(
      said.mock.calls.map((call) => call.arguments as unknown[]),
      [[`${file}:1: ${TRAEFIK}`]],
    );
  });

  it('a config of another program is named, with what init reads', async () => {
    const reads = 'it reads nginx.conf, haproxy.cfg and proxy.conf.json';
    assert.match(
      await refusalOf('static_resources:\n  listeners: []\n', 'envoy.yaml'),
      new RegExp(`of Envoy.*${reads}`),
    );
    const apache = '<VirtualHost *:80>\n  ProxyPass / http://localhost:3000/\n</VirtualHost>\n';
    assert.match(await refusalOf(apache, 'site.conf'), new RegExp(`of Apache httpd.*${reads}`));
    assert.match(await refusalOf('pools:\n  web: [localhost:3000]\n', 'fairlead.yaml'), /of Fairlead already/);
    const unnamed = '{ "port": 8080, "servers": ["http://localhost:3001"] }';
    assert.match(await refusalOf(unnamed, 'conf.json'), /^this is not a proxy table: /);
  });

  it('a config of nginx or HAProxy is never taken for one that init does not convert, whatever words it contains', async () => {
    const nginx =
      'server {\n  listen 80;\n  # reverse_proxy localhost:3000\n  location / { proxy_pass http://a:1; }\n}\n';
    const haproxy = 'defaults\n  mode http\nlisten web\n  bind :80\n  server import 10.0.0.1:80\n';
    for (const [text, file] of [
      [nginx, 'site'],
      [haproxy, 'x'],
    ] as const)
      assert.equal(await refusalOf(text, file), 'converted');
  });
});
