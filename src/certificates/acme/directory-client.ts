/**
 * Speaks with the directory of an authority (RFC 8555 6 and 7.1): every request is signed, and carries a nonce that the
 * answer before it has brought. What an authority sends is looked at as what any stranger sends.
 */
import https from 'node:https';
import { AcmeError, describeProblem, isRecord, quote, typeOf } from './acme-error.ts';
import { askOverHttps } from './https-exchange.ts';
import type { Ask, Reply } from './https-exchange.ts';
import { signRequest } from './jws.ts';
import type { Signer } from './jws.ts';

/** A nonce may be too old, and an authority with many machines refuses some that are not: one is asked for anew. */
const MOST_NONCES = 20;
const DAY_MS = 86_400_000;

export interface DirectoryOptions {
  readonly url: string;
  /** PEM of the authorities that its own certificate is of; null: those of the system. */
  readonly ca: string | null;
  readonly userAgent: string;
  /** Milliseconds since 1970. */
  wallTime(): number;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/** Where what is. */
export interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  /** It takes no account that is not bound to one that was opened elsewhere. */
  readonly needsBinding: boolean;
}

/** What a resource of it says, and when it may be asked again. */
export interface Resource {
  readonly fields: Readonly<Record<string, unknown>>;
  /** `''`: none was named. */
  readonly location: string;
  /** 0: it does not say. */
  readonly retryAfterMs: number;
  readonly body: string;
}

export class DirectoryClient {
  readonly #options: DirectoryOptions;
  readonly #agent: https.Agent;
  #directory: Directory | null = null;
  /** Of the last answer; `''`: it was used, or there was none. */
  #nonce = '';

  constructor(options: DirectoryOptions) {
    this.#options = options;
    const { ca } = options;
    this.#agent = new https.Agent({ keepAlive: true, maxSockets: 1, ...(ca === null ? {} : { ca }) });
  }

  async directory(): Promise<Directory> {
    return (this.#directory ??= await this.#readDirectory());
  }

  /** `payload` null asks for the resource as it is. Rejects with an `AcmeError` where the authority refuses. */
  async post(url: string, payload: object | null, signer: Signer): Promise<Resource> {
    for (let tries = 1; ; tries++) {
      const nonce = await this.#takeNonce();
      const reply = await this.#send({ method: 'POST', url, body: signRequest(signer, { nonce, url }, payload) });
      if (reply.status < 300) return this.#toResource(reply);
      const problem = parse(reply.body);
      if (typeOf(problem) !== 'badNonce' || tries === MOST_NONCES) throw this.#toError(reply, problem);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  // ———

  async #readDirectory(): Promise<Directory> {
    const { url } = this.#options;
    const reply = await this.#send({ method: 'GET', url, body: '' });
    const fields = parse(reply.body);
    if (reply.status !== 200 || !isRecord(fields)) throw this.#toError(reply, fields);
    const { newNonce, newAccount, newOrder, meta } = fields;
    if (typeof newNonce !== 'string' || typeof newAccount !== 'string' || typeof newOrder !== 'string')
      throw new AcmeError(`${url} is no directory of ACME`);
    const needsBinding = isRecord(meta) && meta['externalAccountRequired'] === true;
    return { newNonce, newAccount, newOrder, needsBinding };
  }

  async #takeNonce(): Promise<string> {
    if (this.#nonce === '') {
      const { newNonce } = await this.directory();
      const reply = await this.#send({ method: 'HEAD', url: newNonce, body: '' });
      if (this.#nonce === '') throw this.#toError(reply, null);
    }
    const nonce = this.#nonce;
    this.#nonce = '';
    return nonce;
  }

  async #send(ask: Ask): Promise<Reply> {
    const { userAgent, signal } = this.#options;
    const reply = await askOverHttps(ask, { agent: this.#agent, userAgent, signal });
    const nonce = reply.headers['replay-nonce'];
    if (typeof nonce === 'string' && /^[A-Za-z0-9_-]{1,1024}$/.test(nonce)) this.#nonce = nonce;
    return reply;
  }

  #toResource({ headers, body }: Reply): Resource {
    const fields = parse(body);
    return {
      fields: isRecord(fields) ? fields : {},
      location: headers.location ?? '',
      retryAfterMs: this.#retryAfterMs(headers['retry-after']),
      body,
    };
  }

  #toError({ status, headers }: Reply, problem: unknown): AcmeError {
    const said = describeProblem(problem);
    const message = `the authority answers ${status}${said === '' ? '' : `: ${said}`}`;
    return new AcmeError(message, {
      type: typeOf(problem),
      retryAfterMs: this.#retryAfterMs(headers['retry-after']),
    });
  }

  /** Seconds, or a date (RFC 9110 10.2.3). */
  #retryAfterMs(value: string | undefined): number {
    if (value === undefined) return 0;
    const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - this.#options.wallTime();
    return Number.isNaN(ms) ? 0 : Math.min(Math.max(0, ms), 30 * DAY_MS);
  }
}

/** Null: it is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A field that has to be a text. */
export function textIn(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value === 'string') return value;
  throw new AcmeError(`the authority does not say the ${quote(name)} of what it was asked for`);
}

/** A field that has to be a list of maps or texts. */
export function listIn(fields: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const value = fields[name];
  if (Array.isArray(value)) return value as readonly unknown[];
  throw new AcmeError(`the authority does not say the ${quote(name)} of what it was asked for`);
}
