/** One request to an authority over HTTPS: bounded in time and size, and never redirected. */
import https from 'node:https';
import type { IncomingMessage } from 'node:http';
import { AcmeError } from './acme-error.ts';

/** A chain of sixteen certificates, or an order for a hundred names, is far smaller. */
const MOST_BYTES = 512 * 1024;
const TIMEOUT_MS = 30_000;

export interface Ask {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: string;
  /** Signed; `''`: none. */
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface HttpsOptions {
  readonly agent: https.Agent;
  readonly userAgent: string;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/** Rejects with an `AcmeError` that says what went wrong, or with why it was given up. */
export async function askOverHttps(ask: Ask, options: HttpsOptions): Promise<Reply> {
  const url = URL.parse(ask.url);
  if (url?.protocol !== 'https:') throw new AcmeError('the authority names an address that is not https');
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    return await exchange(url, ask, { ...options, signal });
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof AcmeError) throw error;
    const why = signal.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : describe(error);
    throw new AcmeError(`${url.host} cannot be asked: ${why}`);
  }
}

function exchange(url: URL, { method, body }: Ask, { agent, userAgent, signal }: HttpsOptions): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const headers = {
    'user-agent': userAgent,
    ...(body === ''
      ? {}
      : { 'content-type': 'application/jose+json', 'content-length': String(Buffer.byteLength(body)) }),
  };
  const request = https.request(url, { method, agent, headers, signal }, (response) => {
    read(response).then(resolve, reject);
  });
  request.on('error', reject);
  request.end(body);
  return promise;
}

async function read(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_BYTES) throw new AcmeError(`the authority answers with more than ${MOST_BYTES / 1024} KiB`);
    chunks.push(chunk);
  }
  const { statusCode: status = 0, headers } = response;
  return { status, headers, body: Buffer.concat(chunks).toString('utf8') };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return code === '' ? error.message : code;
}
