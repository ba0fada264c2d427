import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { convert } from './convert.ts';
import { maskSecrets } from './mask-secrets.ts';
import { formatNotes } from './write-draft.ts';

describe('a secret in a config that init reads', () => {
  it('a secret in a config that init reads is masked in each of the statements that hold one', () => {
    for (const [text, expected] of [
      ['stats auth admin:hunter2', 'stats auth ***'],
      ['user bob password $5$abc', 'user bob password ***'],
      ['user bob insecure-password hunter2 groups a', 'user bob insecure-password ***'],
      ['http-request set-header Authorization "Basic aHVudGVyMg=="', 'http-request set-header Authorization ***'],
      ['http-request set-header X-Api-Key hunter2 if a', 'http-request set-header X-Api-Key ***'],
      ['proxy_set_header Authorization "Bearer hunter2"', 'proxy_set_header Authorization ***'],
      ['set $api_token "hunter2"', 'set $api_token ***'],
      ['auth_basic "hunter2"', 'auth_basic ***'],
      ['acl ok hdr(authorization) -m str hunter2', 'acl ok hdr(authorization) -m str ***'],
      ['proxy_pass http://bob:hunter2@10.0.0.1:80/x', 'proxy_pass http://***@10.0.0.1:80/x'],
      ['ssl_password_file=hunter2', 'ssl_password_file=***'],
    ])
      assert.equal(maskSecrets(text), expected);
  });

  it('a secret in a config that init reads leaves all else as it is when it is masked', () => {
    for (const text of ['proxy_pass http://a:80', 'cookie SRV insert indirect', 'http-request auth realm x if !a'])
      assert.equal(maskSecrets(text), text);
  });

  it('a secret in a config that init reads is in no line that init lists', async () => {
    const nginx = `server {
  listen 80;
  auth_basic "hunter2";
  location / { proxy_pass http://127.0.0.1:3000; proxy_set_header Authorization "Basic hunter2"; set $token hunter2; }
}
`;
    const haproxy = `defaults
    mode http
userlist people
    user bob insecure-password hunter2
frontend web
    bind :80
    stats auth admin:hunter2
    http-request set-header Authorization "Basic hunter2"
    default_backend app
backend app
    server a 127.0.0.1:3000
`;
    for (const [text, file] of [
      [nginx, 'nginx.conf'],
      [haproxy, 'haproxy.cfg'],
    ]) {
      const { notes } = await convert(text, file);
      const listed = `${formatNotes(notes).join('\n')} ${JSON.stringify(notes)}`;
      assert.match(listed, /\*\*\*/);
      assert.doesNotMatch(listed, /hunter2/);
    }
  });
});
