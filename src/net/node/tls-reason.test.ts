import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tlsReasonOf } from './tls-reason.ts';

describe('what an error of TLS says', () => {
  test('a certificate that is not accepted is told of without the option that Node advises', () => {
    const code = 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';
    const message =
      'unable to verify the first certificate; if the root CA is installed locally, try running Node.js with --use-system-ca';
    const detail = 'unable to verify the first certificate; expected a.example, found DNS:b.example';
    const reason = tlsReasonOf(Object.assign(new Error(message), { code }), 'expected a.example, found DNS:b.example');
    assert.deepEqual(reason, { kind: 'tls', code, detail });
  });
});
