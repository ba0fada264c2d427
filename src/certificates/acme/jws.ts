/** Signed requests of ACME (RFC 8555 6.2): JSON Web Signatures by an ES256 key (RFC 7515, RFC 7518 3.4). */
import { createHash, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** Who signs: a key that the authority does not know yet, or the account that it belongs to. */
export interface Signer {
  /** P-256. */
  readonly key: KeyObject;
  /** URL of the account; `''`: there is none yet. */
  readonly account: string;
}

export interface Protected {
  readonly nonce: string;
  /** Where the request goes. */
  readonly url: string;
}

/** The public part of a P-256 key, its members in the order that a thumbprint is made of (RFC 7638 3.2). */
interface PublicJwk {
  readonly crv: string;
  readonly kty: string;
  readonly x: string;
  readonly y: string;
}

/** The body of a request. `payload` null: nothing is sent, the resource is asked for (`POST-as-GET`). */
export function signRequest({ key, account }: Signer, { nonce, url }: Protected, payload: object | null): string {
  const who = account === '' ? { jwk: publicJwkOf(key) } : { kid: account };
  const header = encode(JSON.stringify({ alg: 'ES256', ...who, nonce, url }));
  const body = payload === null ? '' : encode(JSON.stringify(payload));
  const signature = sign('sha256', Buffer.from(`${header}.${body}`), { key, dsaEncoding: 'ieee-p1363' });
  return JSON.stringify({ protected: header, payload: body, signature: signature.toString('base64url') });
}

/** What proves that whoever answers with it has this account's key (RFC 8555 8.1). */
export function keyAuthorization(token: string, key: KeyObject): string {
  const thumbprint = createHash('sha256').update(JSON.stringify(publicJwkOf(key)));
  return `${token}.${thumbprint.digest('base64url')}`;
}

function publicJwkOf(key: KeyObject): PublicJwk {
  const { crv = '', kty = '', x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' });
  return { crv, kty, x, y };
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}
