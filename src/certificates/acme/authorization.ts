/** What an authority wants to see before it believes in a name (RFC 8555 7.5 and 8, RFC 8737). */
import type { AcmeChallenge } from '../../core/acme.ts';
import { AcmeError, isRecord, quote } from './acme-error.ts';
import { listIn, textIn } from './directory-client.ts';
import type { Resource } from './directory-client.ts';
import { keyAuthorization } from './jws.ts';
import type { Signer } from './jws.ts';

/** Something that the authority will come to look at. */
export interface OpenChallenge {
  readonly kind: AcmeChallenge;
  readonly name: string;
  /** Of HTTP-01: the last part of the path. */
  readonly token: string;
  /** What proves that the account's key is known here. */
  readonly keyAuthorization: string;
  /** Where the authority is told that it may look. */
  readonly url: string;
  /** Where it says what it has seen. */
  readonly authorization: string;
}

/** What a token may be (RFC 8555 8.1): it becomes a part of a path. */
const TOKEN = /^[A-Za-z0-9_-]{16,512}$/;

/** Null: the authority is convinced already. */
export function findChallenge(
  fields: Resource['fields'],
  authorization: string,
  kind: AcmeChallenge,
  { key }: Signer,
): OpenChallenge | null {
  const status = textIn(fields, 'status');
  if (status === 'valid') return null;
  const { identifier } = fields;
  const name = isRecord(identifier) ? textIn(identifier, 'value') : '';
  if (status !== 'pending') throw new AcmeError(`${quote(name)}: the authority says ${quote(status)}`);
  const offered = listIn(fields, 'challenges').filter((challenge) => isRecord(challenge));
  const found = offered.find(({ type }) => type === kind);
  if (found === undefined) {
    const kinds = offered.map(({ type }) => quote(String(type))).join(', ');
    throw new AcmeError(`${quote(name)}: the authority does not offer ${kind}, but ${kinds}`);
  }
  const token = textIn(found, 'token');
  if (!TOKEN.test(token)) throw new AcmeError(`${quote(name)}: the authority names a token that is none`);
  return {
    kind,
    name,
    token,
    keyAuthorization: keyAuthorization(token, key),
    url: textIn(found, 'url'),
    authorization,
  };
}
