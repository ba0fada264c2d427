/**
 * The http check: one request on a connection of its own; redirects are not followed. Of an answer no more is taken than
 * can decide the check, whatever the endpoint sends: it runs in the main thread.
 */
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { HttpCheckSpec, HttpQuestion, HttpsCheckSpec } from '../core/snapshot.ts';
import { dialAddress } from '../net/dial-address.ts';
import { connectIntroduced } from './introduce.ts';
import { failed, failedBy, passed } from './probe.ts';
import type { Probe, ProbeResult, ProbeTarget } from './probe.ts';

/** Not imported: an import reads every name a module has, and those of this one load undici (15 MiB, 30 ms of each start). */
const http = process.getBuiltinModule('node:http');

/** Of a body, this much is looked at. */
const BODY_BYTES = 64 * 1024;
/** As for requests, where `limits` says nothing else. */
const HEAD_BYTES = 16 * 1024;
const MOST_HEADERS = 100;
const MOST_INTERIM = 8;
/** Interim answers, head, body and what frames it, together. */
const ANSWER_BYTES = HEAD_BYTES + BODY_BYTES + 16 * 1024;

export const probeHttp: Probe<HttpCheckSpec> = (target, signal) => {
  const { check, address, port } = target;
  const socket = connectIntroduced(check, address, port);
  // Without an agent, which would make the connection itself.
  const over = socket === null ? { agent: false } : { createConnection: () => socket };
  return askHttp((options) => http.request({ ...options, ...over }), target, signal);
};

/** One request, made by `open`, and what its answer says. */
export function askHttp(
  open: (options: RequestOptions) => ClientRequest,
  { check, address, port, authority }: ProbeTarget<HttpCheckSpec | HttpsCheckSpec>,
  signal: AbortSignal,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const request = open({
      ...requestAddress(address, port),
      signal,
      method: check.method,
      path: check.path,
      setHost: false,
      maxHeaderSize: HEAD_BYTES,
      headers: { 'user-agent': 'fairlead-check', ...check.headers, host: check.host || authority, connection: 'close' },
    });
    // One more than may be, so that it shows; Node leaves the rest out.
    request.maxHeadersCount = MOST_HEADERS + 1;
    const decide = (result: ProbeResult): void => {
      resolve(result);
      request.destroy();
    };
    request.on('error', (error) => resolve(failedBy(error)));
    boundAnswer(request, (reason) => decide(failed(reason)));
    request.on('response', (response) => judge(check, response, decide));
    // Node tells of a 101 here alone.
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      decide(failed('status 101'));
    });
    request.end();
  });
}

/** Node names a unix socket otherwise here. */
function requestAddress(address: string, port: number): RequestOptions {
  const to = dialAddress(address, port);
  return 'path' in to ? { socketPath: to.path } : to;
}

/** Calls `refuse` where more comes than an answer may have that has not decided the check by then. */
function boundAnswer(request: ClientRequest, refuse: (reason: string) => void): void {
  let interim = 0;
  request.on('information', () => {
    if (++interim === MOST_INTERIM + 1) refuse(`more than ${MOST_INTERIM} interim answers`);
  });
  request.on('socket', (socket) => {
    let bytes = 0;
    // Behind Node's own listener, so that what has come has been looked at.
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > ANSWER_BYTES && !request.destroyed) refuse(`its answer goes on after ${ANSWER_BYTES / 1024} KiB`);
    });
  });
}

function judge(check: HttpQuestion, response: IncomingMessage, decide: (result: ProbeResult) => void): void {
  const status = response.statusCode ?? 0;
  if (response.rawHeaders.length > 2 * MOST_HEADERS) {
    decide(failed(`status ${status}, and more than ${MOST_HEADERS} header lines`));
  } else if (!check.status.some(([low, high]) => status >= low && status <= high)) {
    decide(failed(`status ${status}`));
  } else if (check.body === '') {
    decide(passed(`status ${status}`));
  } else {
    readStart(response, (body) => {
      if (body.includes(check.body)) decide(passed(`status ${status}`));
      else decide(failed(`status ${status}, and its body does not have the expected text`));
    });
    response.on('error', (error) => decide(failedBy(error)));
  }
}

/** Calls back once, with what there is of the first 64 KiB when they are there, or the body ends. */
function readStart(response: IncomingMessage, onStart: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isRead = false;
  const finish = (): void => {
    if (isRead) return;
    isRead = true;
    onStart(Buffer.concat(chunks).subarray(0, BODY_BYTES));
  };
  response.on('data', (chunk: Buffer) => {
    if (isRead) return;
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= BODY_BYTES) finish();
  });
  response.on('end', finish);
}
