/**
 * The grpc check: one call of `grpc.health.v1.Health/Check` over HTTP/2 without TLS, on a connection of its own. So what a
 * server closes between two checks (GOAWAY, after its longest time for a connection) is nobody's failure; one that says
 * GOAWAY before it has taken the call is asked once more.
 */
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import net from 'node:net';
import type { GrpcCheckSpec } from '../core/snapshot.ts';
import { dialAddress } from '../net/dial-address.ts';
import { connectIntroduced } from './introduce.ts';
import { frameHealthRequest, judgeHealthAnswer } from './grpc-health.ts';
import { failed, failedBy } from './probe.ts';
import type { Probe, ProbeResult, ProbeTarget } from './probe.ts';

/** Its answer has 7 bytes. */
const MOST_BYTES = 1024;
const MOST_HEADERS = 100;
/** Of a stream that the server has not begun to work on (RFC 9113 8.7). */
const REFUSED_STREAM = 7;

type Target = ProbeTarget<GrpcCheckSpec>;

export const probeGrpc: Probe<GrpcCheckSpec> = async (target, signal) => {
  const result = await call(target, signal);
  if (result !== 'not-taken') return result;
  const again = signal.aborted ? result : await call(target, signal);
  return again === 'not-taken' ? failed('it took no call (GOAWAY)') : again;
};

/** `not-taken`: the server has not begun to work on the call, and says so. */
function call({ check, address, port, authority }: Target, signal: AbortSignal): Promise<ProbeResult | 'not-taken'> {
  // Loaded by the first check that needs it, and not imported: see the http check.
  const http2 = process.getBuiltinModule('node:http2');
  const { promise, resolve } = Promise.withResolvers<ProbeResult | 'not-taken'>();
  const socket = connectIntroduced(check, address, port) ?? net.connect(dialAddress(address, port));
  const session = http2.connect('http://localhost', {
    maxHeaderListPairs: MOST_HEADERS,
    createConnection: () => socket,
  });
  const decide = (result: ProbeResult | 'not-taken'): void => {
    resolve(result);
    session.destroy();
  };
  signal.addEventListener('abort', () => session.destroy(), { once: true });
  session.on('error', (error) => decide(failedBy(error)));
  // Without an error and before an answer: it has closed the connection.
  session.on('close', () => decide(failed('it closed the connection', 'reset')));
  const stream = session.request({
    ':method': 'POST',
    ':scheme': 'http',
    ':authority': check.host || authority,
    ':path': '/grpc.health.v1.Health/Check',
    'content-type': 'application/grpc',
    te: 'trailers',
    'grpc-timeout': `${Math.ceil(check.timeoutMs)}m`,
    'user-agent': 'fairlead-check',
  });
  heedGoaway(session, stream, decide);
  readAnswer(stream, check.service, decide);
  stream.end(frameHealthRequest(check.service));
  return promise;
}

function heedGoaway(
  session: ClientHttp2Session,
  stream: ClientHttp2Stream,
  decide: (result: 'not-taken') => void,
): void {
  session.on('goaway', (_code, lastStream) => {
    if (stream.id === undefined || lastStream < stream.id) decide('not-taken');
  });
}

function readAnswer(
  stream: ClientHttp2Stream,
  service: string,
  decide: (result: ProbeResult | 'not-taken') => void,
): void {
  let head: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  let body = Buffer.alloc(0);
  stream.on('response', (headers) => {
    head = headers;
    const status = headers[':status'];
    if (status !== 200) decide(failed(`status ${status}, which is no answer of gRPC`));
  });
  stream.on('trailers', (headers) => {
    trailers = headers;
  });
  stream.on('data', (chunk: Buffer) => {
    body = Buffer.concat([body, chunk]);
    if (body.length > MOST_BYTES) decide(failed(`its answer goes on after ${MOST_BYTES} bytes`));
  });
  // Of one that waits for its connection the cause says why that failed.
  stream.on('error', (error) =>
    decide(stream.rstCode === REFUSED_STREAM ? 'not-taken' : failedBy(error.cause ?? error)),
  );
  stream.on('end', () => {
    // A refusal without a message has its code in the head.
    const said = 'grpc-status' in trailers ? trailers : head;
    const [status, message] = [said['grpc-status'], said['grpc-message']].map((value) =>
      typeof value === 'string' ? value : '',
    );
    decide(status === '' ? failed('no code of gRPC in its answer') : judgeHealthAnswer(service, status, message, body));
  });
}
