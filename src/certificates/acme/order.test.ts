/** The states of an order, by answers that are written out here; with a real authority: test/long/acme.test.ts. */
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { issueCertificate } from '../../../test/support/issued-certificates.ts';
import { AcmeError } from './acme-error.ts';
import type { OpenChallenge } from './authorization.ts';
import type { CertificateMaker } from './certificate-maker.ts';
import type { Resource } from './directory-client.ts';
import { orderCertificate } from './order.ts';
import type { OrderTools } from './order.ts';

const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const CA = 'https://ca.test';
const ISSUED = issueCertificate({ names: ['a.example'] });
const NAMES = ['a.example'];

type Answer = Partial<Resource> & { readonly fields?: Resource['fields'] };

const PENDING = {
  status: 'pending',
  identifier: { type: 'dns', value: 'a.example' },
  challenges: [{ type: 'http-01', url: `${CA}/challenge`, token: 'DGyRejmCefe7v4NfDGDKfA' }],
};
const ORDER = { authorizations: [`${CA}/authz`], finalize: `${CA}/finalize` };

/** By the last part of the URL: answers one after another, the last one for good. */
type Script = Readonly<Record<string, readonly Answer[]>>;

const GOOD: Script = {
  new: [{ location: `${CA}/order`, fields: { ...ORDER, status: 'pending' } }],
  authz: [{ fields: PENDING }, { fields: PENDING, retryAfterMs: 3000 }, { fields: { ...PENDING, status: 'valid' } }],
  challenge: [{ fields: { status: 'processing' } }],
  order: [
    { fields: { ...ORDER, status: 'ready' } },
    { fields: { ...ORDER, status: 'processing' }, retryAfterMs: 20_000 },
    { fields: { ...ORDER, status: 'valid', certificate: `${CA}/certificate` } },
  ],
  finalize: [{ fields: { ...ORDER, status: 'processing' } }],
  certificate: [{ body: ISSUED.cert }],
};

interface Run {
  readonly tools: OrderTools;
  readonly asked: string[];
  readonly waits: number[];
  readonly placed: (readonly OpenChallenge[])[];
}

function run(script: Script): Run {
  const asked: string[] = [];
  const waits: number[] = [];
  const placed: (readonly OpenChallenge[])[] = [];
  const left = new Map(Object.entries(script).map(([name, answers]) => [name, [...answers]]));
  const post = (url: string, payload: object | null): Promise<Resource> => {
    const name = url.split('/').at(-1) ?? '';
    asked.push(payload === null ? name : `${name}!`);
    const answers = left.get(name) ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    assert.ok(answer, `nobody expects ${name}`);
    return Promise.resolve({ fields: {}, location: '', retryAfterMs: 0, body: '', ...answer });
  };
  const directory = {
    newNonce: `${CA}/nonce`,
    newAccount: `${CA}/account`,
    newOrder: `${CA}/new`,
    needsBinding: false,
  };
  const maker = {
    request: () => Promise.resolve({ request: Buffer.from('request'), privateKey: ISSUED.privateKey }),
  } satisfies Pick<CertificateMaker, 'request'>;
  const tools: OrderTools = {
    client: { directory: () => Promise.resolve(directory), post },
    maker: maker as unknown as CertificateMaker,
    signer: { key, account: `${CA}/account/1` },
    challenge: 'http-01',
    place: (challenges) => {
      placed.push(challenges);
      return Promise.resolve();
    },
    wait: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
  };
  return { tools, asked, waits, placed };
}

describe('an order', () => {
  it('an order goes from its names to the certificate, and the challenge is taken away at its end', async () => {
    const { tools, asked, waits, placed } = run(GOOD);
    const text = await orderCertificate(NAMES, tools);
    assert.equal(text, ISSUED.cert + ISSUED.key);
    assert.deepEqual(asked, [
      ...['new!', 'authz', 'challenge!', 'authz', 'authz', 'order', 'finalize!', 'order', 'order', 'certificate'],
    ]);
    // As long as the authority wants, or a moment.
    assert.deepEqual(waits, [3000, 20_000]);
    assert.deepEqual(
      placed.map((open) => open.map(({ name, token }) => [name, token])),
      [[['a.example', 'DGyRejmCefe7v4NfDGDKfA']], []],
    );
  });

  it('an order of names that the authority believes in already places no challenge', async () => {
    const { tools, placed } = run({ ...GOOD, authz: [{ fields: { ...PENDING, status: 'valid' } }] });
    await orderCertificate(NAMES, tools);
    assert.deepEqual(placed, [[]]);
  });

  it('an order asks less and less often, and ends when the authority never makes up its mind', async () => {
    const { tools, waits, placed } = run({ ...GOOD, authz: [{ fields: PENDING }] });
    await assert.rejects(orderCertificate(NAMES, tools), { message: 'the authority does not make up its mind' });
    const total = waits.reduce((sum, ms) => sum + ms, 0);
    assert.ok(total > 500_000 && total <= 600_000, String(total));
    assert.equal(Math.max(...waits), 10_000);
    assert.deepEqual(placed.at(-1), []);
  });

  const wrong = { type: 'urn:ietf:params:acme:error:connection', detail: 'refused' };
  const REFUSED: readonly (readonly [string, Script, RegExp])[] = [
    [
      'whose challenge fails',
      { authz: [{ fields: PENDING }, { fields: { ...PENDING, status: 'invalid', challenges: [{ error: wrong }] } }] },
      /^a\.example: refused \(connection\)$/,
    ],
    [
      'that the authority gives up',
      { order: [{ fields: { ...ORDER, status: 'invalid', error: wrong } }] },
      /^refused \(connection\)$/,
    ],
    ['without a place', { new: [{ fields: { ...ORDER, status: 'pending' } }] }, /does not say where it is$/],
    [
      'for another name',
      { authz: [{ fields: { ...PENDING, identifier: { type: 'dns', value: 'b.example' } } }] },
      /asks for a name that was not ordered$/,
    ],
    ['whose certificate is none', { certificate: [{ body: '<html>' }] }, /^what has come as a certificate is none$/],
    [
      'whose certificate is for other names',
      { certificate: [{ body: issueCertificate({ names: ['b.example'] }).cert }] },
      /is for other names$/,
    ],
    [
      'whose certificate has something behind it that is none',
      { certificate: [{ body: `${ISSUED.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n` }] },
      /^the certificate that has come is of no use: what begins in line \d+ is not a certificate that can be read$/,
    ],
    [
      'whose certificate is of another key',
      { certificate: [{ body: issueCertificate({ names: ['a.example'] }).cert }] },
      /has another key$/,
    ],
  ];
  for (const [how, change, message] of REFUSED) {
    it(`an order ${how} fails in words`, async () => {
      const { tools } = run({ ...GOOD, ...change });
      await assert.rejects(orderCertificate(NAMES, tools), (error) => {
        assert.ok(error instanceof AcmeError);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it('an order keeps of an answer nothing but the certificates, and of those the ones of a chain', async () => {
    const { cert } = issueCertificate();
    const body = `sent by the authority\n${ISSUED.cert}\n-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n${cert.repeat(40)}`;
    const { tools } = run({ ...GOOD, certificate: [{ body }] });
    const text = await orderCertificate(NAMES, tools);
    assert.equal(text, ISSUED.cert + cert.repeat(15) + ISSUED.key);
    assert.ok(createPublicKey(text).equals(createPublicKey(ISSUED.privateKey)));
  });
});
