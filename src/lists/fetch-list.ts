/** A list that somebody publishes: one request, bounded in time and size, and never redirected. */
import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { MOST_LIST_BYTES } from '../core/lists/list-reader.ts';
import { ListRefused } from './judged-list.ts';

const TIMEOUT_MS = 30_000;

/** What a server said of the copy that it has sent; `''`: nothing. */
export interface Validators {
  readonly etag: string;
  readonly lastModified: string;
}

export interface FetchedList extends Validators {
  readonly text: string;
}

/**
 * Asks for what has changed since `known`. Resolves to null where nothing has. Rejects with a {@link ListRefused}, or
 * with why `signal` gave up. Whose certificate is not accepted is not asked.
 */
export async function fetchList(url: string, known: Validators, signal: AbortSignal): Promise<FetchedList | null> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    const response = await ask(url, known, limit);
    return response.statusCode === 304 ? endUnread(response) : await readAnswer(response);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ListRefused) throw error;
    const why = limit.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : describe(error);
    throw new ListRefused(`${url} cannot be got: ${why}`, 'Look whether this machine reaches it.');
  }
}

function ask(url: string, { etag, lastModified }: Validators, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = {
    'user-agent': 'fairlead',
    accept: '*/*',
    ...(etag === '' ? {} : { 'if-none-match': etag }),
    ...(etag === '' && lastModified !== '' ? { 'if-modified-since': lastModified } : {}),
  };
  const { request } = url.startsWith('https:') ? https : http;
  // Hours lie between two requests: no connection is kept.
  request(url, { headers, signal, agent: false }, resolve).on('error', reject).end();
  return promise;
}

function endUnread(response: IncomingMessage): null {
  response.resume();
  return null;
}

async function readAnswer(response: IncomingMessage): Promise<FetchedList> {
  const { statusCode = 0, headers } = response;
  if (statusCode !== 200) {
    response.destroy();
    const to = statusCode >= 300 && statusCode < 400 ? `, to ${headers.location ?? 'nowhere'}` : '';
    throw new ListRefused(`it was answered ${statusCode}${to}`, 'Write the address that has the list itself.');
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_LIST_BYTES)
      throw new ListRefused(`it is larger than ${MOST_LIST_BYTES / 1024 / 1024} MiB`, 'Name a smaller list.');
    chunks.push(chunk);
  }
  const { etag = '', 'last-modified': lastModified = '' } = headers;
  return { text: Buffer.concat(chunks).toString('utf8'), etag, lastModified };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return code === '' ? error.message : code;
}
