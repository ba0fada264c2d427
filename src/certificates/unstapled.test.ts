import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Certificate } from './certificate.ts';
import { findUnstapled } from './unstapled.ts';

function certificate(file: string, names: readonly string[], ocsp: Uint8Array | null): Certificate {
  const of = { file, source: file, fingerprint: file, names, addresses: [], issuer: '', keyType: 'ec', keyText: '' };
  const secrets = { kind: 'pem', chain: '', privateKey: '' } as const;
  return { ...of, validFrom: 0, validTo: 0, secrets, ocsp };
}

const ANSWER = Buffer.from('good');

describe('answers of issuers', () => {
  it('an answer of an issuer is warned of where a name of its certificate has another certificate as well', () => {
    const found = findUnstapled([
      certificate('ec.pem', ['a.example', 'b.example'], null),
      certificate('rsa.pem', ['c.example', 'b.example'], ANSWER),
      certificate('alone.pem', ['d.example'], ANSWER),
    ]);
    assert.deepEqual(
      found.map(({ isMistake, key, message }) => [isMistake, key, message]),
      [[false, 'rsa.pem.ocsp', 'its ocsp is not sent for names that ec.pem is for as well']],
    );
  });
});
