import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig } from './load.ts';

function firstOf(text: string, file: string): string {
  const parsed = parseConfig(text, file, { env: {} });
  if (!('errors' in parsed)) return 'valid';
  const { message, cure, line } = parsed.errors[0];
  return `${parsed.errors.length} ${line}: ${message}. ${cure}`;
}

const NGINX = `worker_processes auto;
events { worker_connections 1024; }
http {
  upstream app { server 127.0.0.1:3000; }
  server {
    listen 80;
    location / { proxy_pass http://app; }
  }
}
`;
const HAPROXY = `global
    maxconn 100
defaults
    mode http
    timeout client 30s
frontend web
    bind :80
    default_backend app
backend app
    server a 127.0.0.1:3000 check
`;
const CADDY = 'example.com {\n\treverse_proxy localhost:3000\n}\n';
const TRAEFIK = 'http:\n  routers:\n    a: { rule: "Host(`a`)", service: s }\n  services:\n    s: {}\n';

describe('the whole config of another program', () => {
  it('the whole config of another program is called what it is, and init converts that of nginx and HAProxy', () => {
    const cure = (file: string): string => `Convert it: fairlead init --from ${file}.`;
    assert.equal(
      firstOf(NGINX, 'nginx.conf'),
      `1 1: this is a config of nginx, not of Fairlead. ${cure('nginx.conf')}`,
    );
    assert.equal(
      firstOf('server {\n  listen 80;\n}\n', 'site'),
      `1 1: this is a config of nginx, not of Fairlead. ${cure('site')}`,
    );
    assert.equal(
      firstOf(HAPROXY, 'haproxy.cfg'),
      `1 1: this is a config of HAProxy, not of Fairlead. ${cure('haproxy.cfg')}`,
    );
  });

  it('the whole config of another program leads to its page', () => {
    const cure = '"fairlead init" writes a first config; docs/coming-from-';
    for (const text of [CADDY, 'example.com\n\nreverse_proxy localhost:3000\n'])
      assert.equal(
        firstOf(text, 'Caddyfile'),
        `1 1: this is a Caddyfile, not of Fairlead. ${cure}caddy.md has its words in ours.`,
      );
    assert.equal(
      firstOf(TRAEFIK, 'dynamic.yml'),
      `1 1: this is a config of Traefik, not of Fairlead. ${cure}traefik.md has its words in ours.`,
    );
    assert.match(
      firstOf('services:\n  web:\n    image: nginx\n', 'compose.yaml'),
      /^1 1: this is a file of Docker Compose/,
    );
    assert.match(firstOf('apiVersion: v1\nkind: Service\n', 'svc.yaml'), /^1 1: this is a manifest of Kubernetes/);
  });

  it('a config of ours with mistakes is not taken for one of another program', () => {
    for (const text of [
      'pools:\n  web: [localhost:8081\n',
      'tls: on\nencode: gzip\n',
      'http: {}\nthreads: many\n',
      'routes:\n  - match: {\n  path: /x }\npools: {\n',
      '{\n "pools": {\n "web": {\n "endpoints": [,]\n }\n }\n}\n',
      'server:\n',
      '',
    ])
      assert.doesNotMatch(firstOf(text, 'fairlead.yaml'), /not of Fairlead/, text);
  });
});
