/** What PROXY headers to endpoints say of the TLS that clients have come by, at the socket. */
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { readProxyHeader } from '../../src/net/proxy-protocol/parse.ts';
import type { ProxyTls } from '../../src/net/proxy-protocol/tlvs.ts';
import { earn } from '../support/asking-listener.ts';
import { fieldsOf, startHeaderCatcher } from '../support/header-catcher.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import type { Issued } from '../support/issued-certificates.ts';
import { binaryHeader, ends, field, tlsField } from '../support/proxy-headers.ts';
import { request } from '../support/running-balancer.ts';
import { askTls, openTls, requestOver, runTls, writePair } from '../support/tls-balancer.ts';

const CA = issueCertificate({ commonName: 'Clients', isAuthority: true });
const CLIENT = issueCertificate({ commonName: 'wallaby é', issuer: CA, purpose: 'client' });
const EC = issueCertificate({ names: ['a.example'] });
const RSA = issueCertificate({ names: ['a.example'], key: 'rsa' });
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
/** What TLS agrees on with this client, by its version. */
const CIPHERS = { 'TLSv1.2': 'ECDHE-ECDSA-AES128-GCM-SHA256', 'TLSv1.3': 'TLS_AES_128_GCM_SHA256' } as const;
const ALL = '{ version: 2, add: [ssl, unique-id, authority, alpn] }';

interface Told {
  readonly port: number;
  readonly plainPort: number;
  readonly headers: readonly Buffer[];
}

/** A balancer with a listener for TLS, and a plain one, whose endpoint keeps the headers. */
async function runTold(
  t: TestContext,
  { proxyProtocol = ALL, site = EC, listener = '' }: { proxyProtocol?: string; site?: Issued; listener?: string } = {},
): Promise<Told> {
  const { port: endpoint, headers } = await startHeaderCatcher(t);
  const { balancer } = await runTls(
    t,
    (folder) => {
      const ca = writePair(folder, 'ca.pem', { cert: CA.cert, key: '' });
      const certificate = writePair(folder, 'a.pem', site);
      return `certificates: ${certificate}, clientCertificate: { ca: ${ca}, require: off }`;
    },
    {
      listener,
      edit: (text) =>
        text
          .replace(
            /pools: \{.*/,
            `pools: { web: { endpoints: ["127.0.0.1:${endpoint}"], proxyProtocol: ${proxyProtocol} } }`,
          )
          .replace(/(listeners: \{.*)\}/, '$1, plain: "127.0.0.1:0" }'),
    },
  );
  const [secure, plain] = balancer.addresses();
  return { port: secure.port, plainPort: plain.port, headers };
}

function cipherOptions(maxVersion: (typeof VERSIONS)[number]): {
  maxVersion: (typeof VERSIONS)[number];
  ciphers: string;
} {
  return { maxVersion, ciphers: CIPHERS[maxVersion] };
}

for (const maxVersion of VERSIONS) {
  for (const listener of ['', 'tcp: web,']) {
    const where = listener === '' ? '' : ' of a listener with tcp';
    test(`an endpoint hears in the PROXY header how a client${where} came by ${maxVersion}`, async (t) => {
      const { port, headers } = await runTold(t, { listener });
      const asked = { ...cipherOptions(maxVersion), servername: 'a.example', ALPNProtocols: ['http/1.1'] };
      const socket = await openTls(port, asked);
      await requestOver(socket);
      await requestOver(socket);
      socket.destroy();
      assert.equal(headers.length, 1);
      const fields = fieldsOf(headers[0]);
      // A listener with tcp agrees on no protocol and has no request.
      const ofHttp = listener === '' ? ['01', '02', '05'] : ['02'];
      const ofTls = ['20', '21', '23', '24', '25'];
      assert.deepEqual(
        fields.map(([type]) => type),
        [...ofHttp, ...ofTls],
      );
      const said = Object.fromEntries(fields) as Record<string, string>;
      if (listener === '') assert.equal(said['01'], 'http/1.1');
      assert.equal(said['02'], 'a.example');
      assert.deepEqual(
        ofTls.map((type) => said[type]),
        ['0100000000', maxVersion, CIPHERS[maxVersion], 'ecdsa-with-SHA256', 'EC256'],
      );
    });

    test(`an endpoint hears of the certificate that a client${where} shows by ${maxVersion}, also where its session goes on`, async (t) => {
      const { port, headers } = await runTold(t, { listener });
      const asked = { ...cipherOptions(maxVersion), servername: 'a.example', cert: CLIENT.cert, key: CLIENT.key };
      const session = await earn(port, asked);
      const again = await openTls(port, { ...asked, session });
      assert.ok(again.isSessionReused());
      await requestOver(again);
      again.destroy();
      const said = headers.map((header) => Object.fromEntries(fieldsOf(header)) as Record<string, string>);
      assert.deepEqual(
        said.map((each) => each['20']),
        ['0700000000', '0500000000'],
      );
      for (const each of said) assert.equal(Buffer.from(each['22'], 'latin1').toString('utf8'), 'wallaby é');
      assert.deepEqual([said[1]['24'], said[1]['25']], ['ecdsa-with-SHA256', 'EC256']);
    });
  }
}

test('an endpoint hears how the certificate is signed that clients were shown, and of what type its key is', async (t) => {
  const { port, headers } = await runTold(t, { site: RSA });
  await askTls(port, { servername: 'a.example' });
  const said = Object.fromEntries(fieldsOf(headers[0])) as Record<string, string>;
  assert.deepEqual([said['24'], said['25']], ['RSA-SHA256', 'RSA2048']);
});

test('a PROXY header says nothing of TLS where a client came without it, and only what is to be added', async (t) => {
  const { plainPort, headers } = await runTold(t, { proxyProtocol: '{ version: 2, add: [alpn, ssl, authority] }' });
  assert.equal(await request(plainPort), '');
  assert.deepEqual(fieldsOf(headers[0]), []);
  const bare = await runTold(t, { proxyProtocol: '{ version: 2, add: [alpn] }' });
  const client = { servername: 'a.example', cert: CLIENT.cert, key: CLIENT.key };
  await askTls(bare.port, { ...client, ALPNProtocols: ['http/1.1'] });
  await askTls(bare.port, client);
  assert.deepEqual(bare.headers.map(fieldsOf), [[['01', 'http/1.1']], []]);
});

test('what a PROXY header in front says of TLS is in the one that goes out', async (t) => {
  const { port: endpoint, headers } = await startHeaderCatcher(t);
  const { port } = await runTls(t, (folder) => `certificates: ${writePair(folder, 'a.pem', EC)}`, {
    edit: (text) =>
      text
        .replace(/pools: \{.*/, `pools: { web: { endpoints: ["127.0.0.1:${endpoint}"], proxyProtocol: ${ALL} } }`)
        .replace(
          /listeners: \{.*/,
          'listeners: { web: { address: "127.0.0.1:0", proxyProtocol: { from: 127.0.0.1 } } }',
        ),
  });
  const tls: ProxyTls = {
    certificate: 'now',
    verifyResult: 18,
    version: 'TLSv1.2',
    commonName: 'unknown',
    cipher: 'ECDHE-RSA-AES128-GCM-SHA256',
    signature: 'RSA-SHA256',
    key: 'RSA2048',
  };
  const told = tlsField(
    7,
    tls.verifyResult,
    field(0x21, tls.version),
    field(0x22, tls.commonName),
    field(0x25, tls.key),
    field(0x24, tls.signature),
    field(0x23, tls.cipher),
  );
  const addresses = ends('192.0.2.10', '198.51.100.1', 40_000, 443);
  const header = binaryHeader(0x21, 0x11, Buffer.concat([addresses, field(1, 'h2'), field(2, 'a.example'), told]));
  const socket = net.connect(port, '127.0.0.1');
  // The balancer may end before it.
  socket.on('error', () => {});
  socket.write(Buffer.concat([header, Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: one\r\n\r\n')]));
  await new Promise((resolve) => socket.once('data', resolve));
  const reading = readProxyHeader(headers[0], 0, headers[0].length);
  assert.ok(reading.verdict === 'done');
  assert.deepEqual(reading.header.fields, { alpn: 'h2', authority: 'a.example', uniqueId: 'one', tls });
});
