/** `fairlead backend` with TLS, as a person starts it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { findCommand } from '../../bench/commands.ts';
import { tempFolder } from '../support/access-log.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { createSelfSigned } from '../support/self-signed.ts';
import { openTls, writePair } from '../support/tls-balancer.ts';

test('the mock server of the command line serves HTTPS with the certificate of a file', async (t) => {
  const issued = createSelfSigned('localhost');
  const cert = writePair(tempFolder(t), 'both.pem', issued);
  await using fairlead = new FairleadProcess(['backend', '--port', '0', '--cert', cert]);
  const port = Number(await fairlead.said(/listens on https:\/\/127\.0\.0\.1:(\d+)/));
  (await openTls(port, { servername: 'localhost', ca: issued.cert, rejectUnauthorized: true })).destroy();
});

test('the mock server of the command line makes a certificate where none is named, below HTTP too', async (t) => {
  if (findCommand('openssl') === null) return t.skip('needs openssl');
  await using fairlead = new FairleadProcess(['backend', '--port', '0', '--tcp', '--tls', '--name', 'db1']);
  const port = Number(await fairlead.said(/^db1 listens on tls:\/\/127\.0\.0\.1:(\d+)/));
  (await openTls(port)).destroy();
});

test('the mock server of the command line says what is wrong with its certificate, and ends with 69', async (t) => {
  const folder = tempFolder(t);
  const broken = writePair(folder, 'broken.pem', { cert: 'no certificate', key: '' });
  for (const [options, says] of [
    [['--cert', join(folder, 'none.pem')], /^fairlead: ENOENT: .*none\.pem/],
    [['--cert', broken], /^fairlead: certificate and key cannot be used/],
    [['--key', broken], /^fairlead: --key is the key of a certificate: name that with --cert/],
  ] as const) {
    await using fairlead = new FairleadProcess(['backend', '--port', '0', ...options]);
    assert.equal((await fairlead.ended).code, 69);
    assert.match(fairlead.stderr, says);
  }
});
