/** HTTPS as programs of others see it: openssl and curl. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { readLines, tempFolder } from '../support/access-log.ts';
import { GOOD, SITE, runAsking } from '../support/asking-listener.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import type { Issued } from '../support/issued-certificates.ts';
import { askOpenssl, hasOpenssl } from '../support/openssl-client.ts';
import { handshakesOf, runTls, writePair } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

const AUTHORITY = issueCertificate({ commonName: 'Test CA', isAuthority: true });
const SHOP = issueCertificate({ names: ['shop.example'], issuer: AUTHORITY });
const OTHER = issueCertificate({ names: ['other.example', '127.0.0.1'], issuer: AUTHORITY, key: 'rsa' });

const BOTH = (folder: string): string =>
  `certificates: ${JSON.stringify([writePair(folder, 'other', OTHER), writePair(folder, 'shop', SHOP)])}`;

test('openssl gets the certificate of the name it asks for, and the first one without a name', async (t) => {
  if (!hasOpenssl(t)) return;
  const { port, folder } = await runTls(t, BOTH);
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, AUTHORITY.cert);
  const shop = await askOpenssl(port, '-servername', 'shop.example', '-CAfile', ca, '-verify_hostname', 'shop.example');
  assert.match(shop, /Verify return code: 0 \(ok\)/);
  assert.match(shop, /HTTP\/1\.1 200/);
  const none = await askOpenssl(port, '-noservername', '-CAfile', ca, '-verify_ip', '127.0.0.1');
  assert.match(none, /Verify return code: 0 \(ok\)/);
});

test('openssl resumes a session of TLS 1.2 and 1.3, and the log has the name all the same', async (t) => {
  if (!hasOpenssl(t)) return;
  const log = join(tempFolder(t), 'access.log');
  const more = `accessLog: { format: "$sni $tlsVersion $tlsResumed", to: { file: ${log} } }`;
  const { port, folder } = await runTls(t, BOTH, { more });
  for (const version of ['-tls1_2', '-tls1_3']) {
    const session = join(folder, `session${version}`);
    const options = [version, '-servername', 'shop.example'];
    assert.match(await askOpenssl(port, ...options, '-sess_out', session), /New, TLS/);
    assert.match(await askOpenssl(port, ...options, '-sess_in', session), /Reused, TLS/);
  }
  await until(() => readLines(log).length >= 4, 'four lines');
  assert.deepEqual(readLines(log), [
    'shop.example TLSv1.2 false',
    'shop.example TLSv1.2 true',
    'shop.example TLSv1.3 false',
    'shop.example TLSv1.3 true',
  ]);
});

test('openssl is refused below TLS 1.2, with CBC, and with RSA key exchange', async (t) => {
  if (!hasOpenssl(t)) return;
  const balancer = await runTls(t, BOTH);
  const low = ['-cipher', 'DEFAULT@SECLEVEL=0'];
  const refused = [
    ['-tls1_1', ...low],
    ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-SHA@SECLEVEL=0'],
    ['-tls1_2', '-cipher', 'AES128-GCM-SHA256'],
  ];
  for (const options of refused)
    assert.doesNotMatch(await askOpenssl(balancer.port, ...options), /HTTP\/1\.1 200/, options.join(' '));
  assert.match(await askOpenssl(balancer.port, '-tls1_2'), /ECDHE-(?:RSA|ECDSA)-AES(?:128|256)-GCM/);
  await until(() => handshakesOf(balancer).failures['version'] >= 1, 'the version is counted');
  await until(
    () => handshakesOf(balancer).failures['cipher'] >= 2,
    () => JSON.stringify(handshakesOf(balancer)),
  );
});

test('openssl is told that a name is unknown where unknownName is refuse', async (t) => {
  if (!hasOpenssl(t)) return;
  const { port } = await runTls(t, (folder) => `${BOTH(folder)}, unknownName: refuse`);
  assert.match(await askOpenssl(port, '-servername', 'unknown.example'), /unrecognized name|alert number 112/);
});

test('a client that renegotiates gets nowhere', async (t) => {
  if (!hasOpenssl(t)) return;
  const { port } = await runTls(t, BOTH);
  const child = run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_2', '-legacy_renegotiation']);
  child.child.stdin?.write('R\n');
  const { stdout, stderr } = await child.catch((error: unknown) => error as { stdout: string; stderr: string });
  assert.match(stdout + stderr, /no renegotiation|handshake failure|NO_RENEGOTIATION|no_renegotiation/i);
});

test('the answer of an issuer is stapled as it is', async (t) => {
  if (!hasOpenssl(t)) return;
  const { port } = await runTls(t, (folder) => {
    const file = writePair(folder, 'shop.pem', SHOP);
    writeFileSync(join(folder, 'shop.ocsp'), Buffer.from('30030a0106', 'hex'));
    return `certificates: { cert: ${file}, ocsp: ${folder}/shop.ocsp }`;
  });
  // An answer that says "try later" (RFC 6960 4.2.1), in DER.
  assert.match(
    await askOpenssl(port, '-servername', 'shop.example', '-status'),
    /OCSP response:[^]*(?:internalerror|unauthorized|trylater|unknown|sigrequired)/i,
  );
});

test('certificates in PKCS#12 and encrypted keys, as openssl writes them, are served', async (t) => {
  if (!hasOpenssl(t)) return;
  const { port, folder } = await runTls(t, (into) => {
    writeFileSync(join(into, 'pass'), 'correct horse\n', { mode: 0o600 });
    const file = writePair(into, 'other.pem', OTHER);
    const p12 = [
      'pkcs12',
      '-export',
      '-in',
      file,
      '-out',
      join(into, 'other.p12'),
      '-passout',
      `file:${join(into, 'pass')}`,
    ];
    assert.equal(spawnSync('openssl', p12).status, 0);
    const legacy = join(into, 'shop.key');
    const rest = ['ec', '-aes256', '-passout', `file:${join(into, 'pass')}`, '-out', legacy];
    assert.equal(spawnSync('openssl', rest, { input: SHOP.key }).status, 0);
    writeFileSync(join(into, 'shop.crt'), SHOP.cert);
    return (
      `certificates: [{ pkcs12: ${into}/other.p12, passphraseFile: ${into}/pass }, ` +
      `{ cert: ${into}/shop.crt, key: ${into}/shop.key, passphraseFile: ${into}/pass }]`
    );
  });
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, AUTHORITY.cert);
  for (const name of ['other.example', 'shop.example']) {
    const answer = await askOpenssl(port, '-servername', name, '-CAfile', ca, '-verify_hostname', name);
    assert.match(answer, /Verify return code: 0 \(ok\)/, name);
  }
});

/** Otherwise the test is skipped. */
function hasCurl(t: TestContext): boolean {
  const isThere = spawnSync('curl', ['--version']).error === undefined;
  if (!isThere) t.skip('needs curl');
  return isThere;
}

test('curl trusts what Fairlead serves, over TLS 1.2 and 1.3', async (t) => {
  if (!hasCurl(t)) return;
  const { port, folder } = await runTls(t, BOTH);
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, AUTHORITY.cert);
  for (const version of ['1.2', '1.3']) {
    const { stdout } = await run('curl', [
      ...[
        '-sS',
        '--cacert',
        ca,
        '--resolve',
        `shop.example:${port}:127.0.0.1`,
        `--tlsv${version}`,
        '--tls-max',
        version,
      ],
      ...['-w', '\n%{http_code} %{ssl_verify_result}', `https://shop.example:${port}/path`],
    ]);
    const [body, status] = stdout.split('\n');
    assert.equal(status, '200 0');
    const { headers } = JSON.parse(body) as { headers: Record<string, string> };
    assert.deepEqual([headers['x-forwarded-proto'], headers['x-forwarded-port']], ['https', String(port)]);
  }
});

test('curl comes in with its certificate where one is required, and not without, nor with one of another authority', async (t) => {
  if (!hasCurl(t)) return;
  const balancer = await runAsking(t);
  const { port, folder } = balancer;
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, SITE.cert);
  const ask = async (...more: readonly string[]): Promise<string> => {
    const to = ['--cacert', ca, '--resolve', `secure.example:${port}:127.0.0.1`];
    const asked = run('curl', [
      '-sS',
      ...to,
      '-o',
      '-',
      '-w',
      '\n%{http_code}',
      ...more,
      `https://secure.example:${port}/`,
    ]);
    return asked.then(
      ({ stdout }) => stdout.split('\n').at(-1) ?? '',
      () => 'refused',
    );
  };
  const shown = ({ cert, key }: Pick<Issued, 'cert' | 'key'>, name: string): readonly string[] => {
    writeFileSync(join(folder, `${name}.crt`), cert);
    writeFileSync(join(folder, `${name}.key`), key);
    return ['--cert', join(folder, `${name}.crt`), '--key', join(folder, `${name}.key`)];
  };
  const stranger = issueCertificate({ commonName: 'stranger' });
  for (const version of ['1.2', '1.3']) {
    const only = ['--tls-max', version, `--tlsv${version}`];
    assert.equal(await ask(...only, ...shown(GOOD, 'good')), '200', version);
    assert.equal(await ask(...only), 'refused', version);
    assert.equal(await ask(...only, ...shown(stranger, 'stranger')), 'refused', version);
  }
  await until(
    () => {
      const { failures } = handshakesOf(balancer);
      return failures['certificate-missing'] === 2 && failures['certificate-rejected'] === 2;
    },
    () => JSON.stringify(handshakesOf(balancer)),
  );
});
