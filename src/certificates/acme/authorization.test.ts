import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { findChallenge } from './authorization.ts';
import { keyAuthorization } from './jws.ts';

const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const SIGNER = { key, account: 'https://ca.test/account/1' };
const TOKEN = 'DGyRejmCefe7v4NfDGDKfA';
const URL_OF_IT = 'https://ca.test/authz/1';

const PENDING = {
  status: 'pending',
  identifier: { type: 'dns', value: 'a.example' },
  challenges: [
    { type: 'dns-01', url: 'https://ca.test/c/1', token: TOKEN },
    { type: 'http-01', url: 'https://ca.test/c/2', token: TOKEN },
    null,
  ],
};

describe('an authorization', () => {
  it('an authorization that is pending is answered by the challenge that was chosen', () => {
    assert.deepEqual(findChallenge(PENDING, URL_OF_IT, 'http-01', SIGNER), {
      kind: 'http-01',
      name: 'a.example',
      token: TOKEN,
      keyAuthorization: keyAuthorization(TOKEN, key),
      url: 'https://ca.test/c/2',
      authorization: URL_OF_IT,
    });
  });

  it('an authorization that is valid already asks for nothing', () => {
    assert.equal(findChallenge({ ...PENDING, status: 'valid' }, URL_OF_IT, 'http-01', SIGNER), null);
  });

  const REFUSED: readonly (readonly [string, object, RegExp])[] = [
    ['in any other state', { status: 'deactivated' }, /^a\.example: the authority says deactivated$/],
    ['without a state', { status: 5 }, /does not say the status/],
    ['without challenges', { challenges: 'none' }, /does not say the challenges/],
    [
      'without the challenge that is chosen',
      { challenges: [{ type: 'dns-01' }] },
      /^a\.example: the authority does not offer http-01, but dns-01$/,
    ],
    [
      'with a token that would be a path',
      { challenges: [{ type: 'http-01', url: 'https://ca.test/c', token: '../../etc/passwd' }] },
      /names a token that is none/,
    ],
    [
      'with a token that holds markup',
      { challenges: [{ type: 'http-01', url: 'https://ca.test/c', token: '<script>alert(1)</script>' }] },
      /names a token that is none/,
    ],
  ];
  for (const [how, change, message] of REFUSED) {
    it(`an authorization ${how} is refused in words`, () => {
      const fields = { ...PENDING, ...change };
      assert.throws(() => findChallenge(fields, URL_OF_IT, 'http-01', SIGNER), { name: 'AcmeError', message });
    });
  }
});
