/**
 * One order, from its names to the certificate (RFC 8555 7.4): the authority says how it wants to be convinced of each
 * name, what it will look at is put in place, it looks, and gives the certificate out.
 *
 * | order      | what is done                                                       |
 * | ---------- | ------------------------------------------------------------------ |
 * | pending    | each name is proven; then it is asked for again                    |
 * | ready      | the request for the certificate goes out                           |
 * | processing | it is asked for again                                              |
 * | valid      | the certificate is fetched                                         |
 * | invalid    | fails, with what the authority says of it                          |
 */
import { X509Certificate } from 'node:crypto';
import type { AcmeChallenge } from '../../core/acme.ts';
import { Findings } from '../finding.ts';
import { isCertificate, readPem } from '../pem.ts';
import { toPem } from '../read-chain.ts';
import { subjectNamesOf } from '../subject-names.ts';
import { AcmeError, describeProblem, quote } from './acme-error.ts';
import { findChallenge } from './authorization.ts';
import type { OpenChallenge } from './authorization.ts';
import type { CertificateMaker } from './certificate-maker.ts';
import { listIn, textIn } from './directory-client.ts';
import type { DirectoryClient, Resource } from './directory-client.ts';
import type { Signer } from './jws.ts';
import { readKept } from './own-certificates.ts';

/** How long it takes at most, waits only, until an authority has made up its mind. */
const MOST_PATIENCE_MS = 10 * 60_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
const MOST_CERTIFICATES = 16;

export interface OrderTools {
  readonly client: Pick<DirectoryClient, 'directory' | 'post'>;
  readonly maker: CertificateMaker;
  readonly signer: Signer;
  readonly challenge: AcmeChallenge;
  /** Resolves when every thread answers these challenges, and no others. */
  place(challenges: readonly OpenChallenge[]): Promise<void>;
  /** Rejects where everything is given up. */
  wait(ms: number): Promise<void>;
}

/** Resolves to the chain and its key, in PEM. Rejects with an `AcmeError`, or with why it was given up. */
export async function orderCertificate(names: readonly string[], tools: OrderTools): Promise<string> {
  const { client, signer } = tools;
  const { newOrder } = await client.directory();
  const identifiers = names.map((value) => ({ type: 'dns', value }));
  const order = await client.post(newOrder, { identifiers }, signer);
  if (order.location === '') throw new AcmeError('the authority has taken an order, and does not say where it is');
  try {
    await prove(names, listIn(order.fields, 'authorizations').map(String), tools);
  } finally {
    await tools.place([]);
  }
  const ready = await follow(order.location, ['pending'], tools);
  const { request, privateKey } = await tools.maker.request(names);
  if (textIn(ready.fields, 'status') === 'ready')
    await client.post(textIn(ready.fields, 'finalize'), { csr: request.toString('base64url') }, signer);
  const done = await follow(order.location, ['ready', 'processing'], tools);
  const { body } = await client.post(textIn(done.fields, 'certificate'), null, signer);
  const chain = readAnswer(body, names);
  if (!new X509Certificate(chain).checkPrivateKey(privateKey))
    throw new AcmeError('the certificate that has come has another key');
  return requireUsable(chain + toPem(privateKey));
}

/** It will be kept in place of one that may be good still: so it is read first as it will be then. */
function requireUsable(text: string): string {
  const found = new Findings('acme');
  if (readKept({ file: '', text }, found) !== null) return text;
  throw new AcmeError(`the certificate that has come is of no use: ${found.all[0].message}`);
}

/** Convinces the authority of each name. */
async function prove(names: readonly string[], authorizations: readonly string[], tools: OrderTools): Promise<void> {
  const { client, signer } = tools;
  const open: OpenChallenge[] = [];
  for (const url of authorizations) {
    const { fields } = await client.post(url, null, signer);
    const challenge = findChallenge(fields, url, tools.challenge, signer);
    if (challenge === null) continue;
    if (!names.includes(challenge.name)) throw new AcmeError('the authority asks for a name that was not ordered');
    open.push(challenge);
  }
  if (open.length === 0) return;
  await tools.place(open);
  for (const { url } of open) await client.post(url, {}, signer);
  const failures: string[] = [];
  for (const { authorization, name } of open) {
    const { fields } = await settle(authorization, (status) => status === 'pending', tools);
    if (fields['status'] !== 'valid') failures.push(`${name}: ${whyRefused(fields)}`);
  }
  if (failures.length > 0) throw new AcmeError(failures.join('; '), { type: 'unauthorized' });
}

/** What was wrong with the challenge that the authority has looked at. */
function whyRefused({ status, challenges }: Resource['fields']): string {
  const all: readonly unknown[] = Array.isArray(challenges) ? challenges : [];
  const said = all.map((challenge) => describeProblem((challenge as Resource['fields'] | null)?.['error']));
  return said.find((text) => text !== '') ?? `the authority is not convinced (${quote(String(status))})`;
}

/** Asks for an order until it is in none of these states; rejects where it is invalid. */
async function follow(url: string, passing: readonly string[], tools: OrderTools): Promise<Resource> {
  const order = await settle(url, (status) => passing.includes(status), tools);
  if (order.fields['status'] !== 'invalid') return order;
  const said = describeProblem(order.fields['error']);
  throw new AcmeError(said === '' ? 'the authority has given the order up' : said);
}

/** Asks again as long as its state is a passing one, as often as the authority wants. */
async function settle(url: string, isPassing: (status: string) => boolean, tools: OrderTools): Promise<Resource> {
  let waited = 0;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5)) {
    const resource = await tools.client.post(url, null, tools.signer);
    if (!isPassing(textIn(resource.fields, 'status'))) return resource;
    const ms = Math.max(pause, resource.retryAfterMs);
    waited += ms;
    if (waited > MOST_PATIENCE_MS) throw new AcmeError('the authority does not make up its mind');
    await tools.wait(ms);
  }
}

/** The certificates of the answer and nothing else of it. */
function readAnswer(body: string, names: readonly string[]): string {
  const blocks = readPem(body).filter(isCertificate).slice(0, MOST_CERTIFICATES);
  const chain = blocks.map(({ text }) => text).join('');
  try {
    const certified = new Set(subjectNamesOf(new X509Certificate(chain)).names);
    const missing = names.find((name) => !certified.has(name));
    if (missing === undefined) return chain;
  } catch {
    throw new AcmeError('what has come as a certificate is none');
  }
  throw new AcmeError('the certificate that has come is for other names');
}
