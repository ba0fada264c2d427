import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { tempFolder } from '../../test/support/access-log.ts';
import { issueCertificate } from '../../test/support/issued-certificates.ts';
import { loadClient } from './load-client.ts';
import { loadCertificates } from './load.ts';

const CIRCUMSTANCES = { now: Date.now(), mayBeExpired: false };

it('a certificate and a key that are swapped are one mistake, which says so', async (t) => {
  const folder = tempFolder(t);
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const issued = issueCertificate({ names: ['a.example'] });
  const [cert, key] = [write('a.crt', issued.cert), write('a.key', issued.key)];
  const encrypted = issued.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
  const message = `it holds the key, and ${cert} the certificate`;
  for (const swapped of [key, write('locked.key', encrypted)]) {
    const source = { cert: swapped, key: cert, pkcs12: '', passphraseFile: '', ocsp: '' };
    const { certificates, findings } = await loadCertificates([source], CIRCUMSTANCES);
    assert.deepEqual(certificates, []);
    const cure = `Write them the other way round: { cert: ${cert}, key: ${swapped} }.`;
    assert.deepEqual(findings, [{ isMistake: true, key: 'certificates[0].cert', file: swapped, message, cure }]);
  }
  const { findings } = await loadClient({ ca: '', certificate: key, key: cert }, CIRCUMSTANCES);
  const cure = `Write them the other way round: { certificate: ${cert}, key: ${key} }.`;
  assert.deepEqual(findings, [{ isMistake: true, key: 'tls.certificate', file: key, message, cure }]);
});
