import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import { keyAuthorization, signRequest } from './jws.ts';

/** Of RFC 7515, appendix A.3.1. */
const KEY = createPrivateKey({
  format: 'jwk',
  key: {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
  },
});
/** SHA-256 of its members in the order of RFC 7638 3.2, by openssl. */
const THUMBPRINT = 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U';

interface Jws {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

function read(text: string): { readonly jws: Jws; readonly header: unknown; readonly payload: string } {
  const jws = JSON.parse(text) as Jws;
  const decode = (part: string): string => Buffer.from(part, 'base64url').toString();
  return { jws, header: JSON.parse(decode(jws.protected)), payload: decode(jws.payload) };
}

describe('a signed request', () => {
  it('a signed request can be verified with the public key, in the form that ES256 has in a JWS', () => {
    const { jws } = read(signRequest({ key: KEY, account: '' }, { nonce: 'n', url: 'https://ca.test/x' }, { a: 1 }));
    const signature = Buffer.from(jws.signature, 'base64url');
    assert.equal(signature.length, 64);
    const signed = Buffer.from(`${jws.protected}.${jws.payload}`);
    assert.ok(verify('sha256', signed, { key: createPublicKey(KEY), dsaEncoding: 'ieee-p1363' }, signature));
  });

  it('a signed request of somebody without an account has the public key in it, and never the private one', () => {
    const text = signRequest({ key: KEY, account: '' }, { nonce: 'n-1', url: 'https://ca.test/new' }, { a: 1 });
    const { header, payload } = read(text);
    const { x, y } = KEY.export({ format: 'jwk' });
    const jwk = { crv: 'P-256', kty: 'EC', x, y };
    assert.deepEqual(header, { alg: 'ES256', jwk, nonce: 'n-1', url: 'https://ca.test/new' });
    assert.equal(payload, '{"a":1}');
  });

  it('a signed request of an account names it, and is without a payload where nothing is sent', () => {
    const signer = { key: KEY, account: 'https://ca.test/account/7' };
    const { header, payload } = read(signRequest(signer, { nonce: 'n', url: 'https://ca.test/order' }, null));
    assert.deepEqual(header, { alg: 'ES256', kid: signer.account, nonce: 'n', url: 'https://ca.test/order' });
    assert.equal(payload, '');
  });
});

describe('a key authorization', () => {
  it('a key authorization is the token and the thumbprint of the account key', () => {
    assert.equal(keyAuthorization('token', KEY), `token.${THUMBPRINT}`);
  });
});
