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
  const { errors, warnings } = await inspectCertificates(config, 'fairlead.yaml');
  assert.deepEqual(
    errors.map(({ key, message }) => `${key}: ${message.replace(`${folder}/`, '')}`),
    [
      'pools.a.tls.ca: none.pem: it is not there',
      'pools.a.tls.key: soon.pem: the key does not belong to the certificate of fairlead test',
    ],
  );
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /^pool b: .*soon\.pem: it expires in \d days/);
});
