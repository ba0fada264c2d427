/** What a mock server answers, by the first segment of the path. For all others it echoes the request, as for `/`. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import type { ProxyHeader } from '../net/proxy-protocol/parse.ts';
import { isVerified } from '../net/proxy-protocol/tlvs.ts';
import { sendJson, sendText, wholeNumber } from './call.ts';
import type { Call } from './call.ts';
import { sendEvents } from './event-stream.ts';

type Answer = (call: Call) => void | Promise<void>;

const MOST_BYTES = 2 ** 40;
const LONGEST_DELAY_MS = 3_600_000;
const NO_BODY = new Set([204, 205, 304]);
/** Byte i of a `/bytes` body is i mod 251: a prime, so that bytes shifted by a power of two are noticed. */
const PATTERN = Buffer.alloc(
  251 * 261,
  Uint8Array.from({ length: 251 }, (_, i) => i),
);

const ANSWERS: Readonly<Record<string, Answer>> = {
  healthcheck: ({ response }) => sendText(response, 200, 'ok\n'),
  bytes: sendBytes,
  delay: delayEcho,
  status: sendStatus,
  stream: sendEvents,
};

/** The answer to a path whose first segment this is. */
export function answerFor(segment: string): Answer {
  return Object.hasOwn(ANSWERS, segment) ? ANSWERS[segment] : echo;
}

/**
 * Which server answered, and the request that reached it. The body is counted and hashed as it comes, whatever its
 * length.
 */
async function echo({ request, response, server }: Call): Promise<void> {
  const body = await digestBody(request);
  if (server.text !== null) return sendText(response, 200, server.text);
  const { method, url, httpVersion, headers, rawHeaders, socket } = request;
  const client = { address: socket.remoteAddress, port: socket.remotePort };
  const header = server.headerOf(socket);
  const proxied = header === null ? {} : { proxyProtocol: describeHeader(header) };
  const secured = socket instanceof TLSSocket ? { tls: describeTls(socket) } : {};
  const echoed = { server: server.name, method, url, httpVersion, headers, rawHeaders, body, client };
  sendJson(response, 200, { ...echoed, ...proxied, ...secured });
}

/** `serverName` null: the client asked for none. */
function describeTls(socket: TLSSocket): object {
  // Node sets it on the side of the server as well, and has no type for it there.
  const { servername } = socket as TLSSocket & { readonly servername?: string | false };
  return { version: socket.getProtocol(), cipher: socket.getCipher().standardName, serverName: servername || null };
}

/** `source` null: the header says that it is nobody's connection. */
function describeHeader({ version, ends, fields }: ProxyHeader): object {
  const { alpn, authority, uniqueId, tls } = fields;
  const secured = tls && { ...tls, isVerified: isVerified(tls) };
  return {
    ...{ version, source: ends?.source ?? null, destination: ends?.destination ?? null },
    ...{ alpn, authority, uniqueId, tls: secured },
  };
}

async function digestBody(request: IncomingMessage): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    hash.update(chunk);
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** `/bytes/N`, with `?chunked=1` without a length. */
async function sendBytes(call: Call): Promise<void> {
  const length = wholeNumber(call, call.argument, 0, MOST_BYTES);
  if (length === null) return;
  const { request, response, query, signal } = call;
  const framing = query.has('chunked') ? {} : { 'content-length': length };
  response.writeHead(200, { 'content-type': 'application/octet-stream', ...framing });
  if (request.method === 'HEAD') return void response.end();
  await pipeline(Readable.from(patternOf(length), { objectMode: false }), response, { signal });
}

function* patternOf(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= PATTERN.length)
    yield left < PATTERN.length ? PATTERN.subarray(0, left) : PATTERN;
}

/** `/delay/MS`: the echo, later. */
async function delayEcho(call: Call): Promise<void> {
  const delayMs = wholeNumber(call, call.argument, 0, LONGEST_DELAY_MS);
  if (delayMs === null) return;
  await delay(delayMs, undefined, { signal: call.signal });
  await echo(call);
}

/** `/status/CODE`. */
function sendStatus(call: Call): void {
  const status = wholeNumber(call, call.argument, 200, 599);
  if (status === null) return;
  if (NO_BODY.has(status)) call.response.writeHead(status).end();
  else sendText(call.response, status, `${status}\n`);
}
