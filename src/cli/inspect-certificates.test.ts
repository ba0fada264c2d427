import assert from 'node:assert/strict';
import { test } from 'node:test';
import { issueCertificate } from '../../test/support/issued-certificates.ts';
import { configOf } from '../../test/support/running-balancer.ts';
import { tlsFiles } from '../../test/support/tls-endpoints.ts';
import { inspectCertificates } from './inspect-certificates.ts';

test('fairlead check reads the files of tls of pools, and names all that is wrong with them by its key', async (t) => {
  const { ca, clientCert, folder, write } = tlsFiles(t);
  const soon = issueCertificate({ fromDays: -60, toDays: 5 });
  const shown = write('soon.pem', soon.cert + soon.key);
  const config = configOf(`
pools:
  a: { endpoints: [localhost:1], tls: { ca: ${folder}/none.pem, certificate: ${clientCert}, key: ${shown} } }
  b: { endpoints: [localhost:2], tls: { ca: ${ca}, certificate: ${shown} } }
routes: [{ pool: a, match: { path: /a } }, { pool: b }]`);
  const { mistakes, warnings } = await inspectCertificates(config);
  assert.deepEqual(
    mistakes.map(({ key, message }) => `${key}: ${message.replace(`${folder}/`, '')}`),
    [
      'pools.a.tls.ca: none.pem: it is not there',
      'pools.a.tls.key: soon.pem: the key does not belong to the certificate of fairlead test',
    ],
  );
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /^pool b: .*soon\.pem: it expires in \d days/);
});

test('fairlead check says of a certificate without its key how a pool names one, and how a listener does', async (t) => {
  const { clientCert } = tlsFiles(t);
  const config = configOf(`
listeners: { secure: { address: ':443', tls: { certificates: ${clientCert} } } }
pools: { web: { endpoints: [localhost:1], tls: { certificate: ${clientCert} } } }`);
  const { mistakes } = await inspectCertificates(config);
  assert.deepEqual(
    mistakes.map(({ key, cure }) => [key, cure]),
    [
      [
        'listeners.secure.tls.certificates[0].cert',
        'Name the key beside it: { cert: …, key: … }, or put it into this file.',
      ],
      ['pools.web.tls.certificate', 'Name the key beside it: { certificate: …, key: … }, or put it into this file.'],
    ],
  );
});
