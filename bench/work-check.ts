/**
 * Before anything is measured: the answer comes from our own upstream, and the proxy has done the work that all of
 * them have to do. A request to `/echo` comes back as the endpoint saw it.
 */
import { connect } from 'node:net';
import tls from 'node:tls';
import { browserGet } from './requests.ts';
import { SERVER_NAME } from './tls-certificates.ts';

const HEADERS = ['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Request-Id', 'Via'];

/** Where a proxy listens on 127.0.0.1, and how. */
export interface Place {
  readonly port: number;
  readonly isSecure: boolean;
}

/** @returns what is wrong, a line each; empty if it may be measured */
export async function checkWork(place: Place, token: string, targetPrefix: string): Promise<string[]> {
  const request = browserGet(`127.0.0.1:${place.port}`, `${targetPrefix}/echo`);
  const [first, second] = [await exchange(place, request), await exchange(place, request)];
  if (!first.startsWith('HTTP/1.1 200 ')) return [`it answers ${first.split('\r\n')[0]}`];
  if (headerOf(first, 'X-Bench-Token') !== token) return ['the answer is not from our own upstream'];
  const [sent, sentAgain] = [first, second].map((answer) => answer.slice(answer.indexOf('\r\n\r\n') + 4));
  const problems = HEADERS.filter((name) => headerOf(sent, name) === null).map((name) => `${name} is not sent`);
  const scheme = place.isSecure ? 'https' : 'http';
  if (headerOf(sent, 'X-Forwarded-Proto') !== scheme) problems.push(`X-Forwarded-Proto is not ${scheme}`);
  if (headerOf(sent, 'X-Request-Id') === headerOf(sentAgain, 'X-Request-Id')) problems.push('X-Request-Id repeats');
  if (/^connection: *close/im.test(sent)) problems.push('connections to endpoints are not kept alive');
  return problems;
}

/** The same of one that passes bytes: they come from our own upstream, and nothing of them is changed. */
export async function checkPassing(place: Place, token: string): Promise<string[]> {
  const request = browserGet(`127.0.0.1:${place.port}`, '/echo');
  const answer = await exchange(place, request);
  if (headerOf(answer, 'X-Bench-Token') !== token) return ['the answer is not from our own upstream'];
  return answer.endsWith(request) ? [] : ['the request has not passed as it was'];
}

/** Whether the proxy answers yet, with whatever status. */
export async function answers(place: Place): Promise<boolean> {
  try {
    return (await exchange(place, browserGet('127.0.0.1', '/50'))) !== '';
  } catch {
    return false;
  }
}

function headerOf(message: string, name: string): string | null {
  const head = message.slice(0, message.indexOf('\r\n\r\n') + 2);
  const match = new RegExp(`^${name}: *(.*)\r$`, 'im').exec(head);
  return match === null ? null : match[1];
}

/** One request on a connection of its own, answered with Content-Length. */
function exchange({ port, isSecure }: Place, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const where = { port, host: '127.0.0.1' };
    const socket = isSecure
      ? tls.connect({ ...where, servername: SERVER_NAME, rejectUnauthorized: false })
      : connect(where);
    let text = '';
    socket.setEncoding('latin1').setTimeout(5000, () => socket.destroy(new Error('no answer in 5 s')));
    socket.on('error', reject).on('close', () => resolve(text));
    socket.on('data', (part: string) => {
      text += part;
      if (isComplete(text)) socket.destroy();
    });
    socket.write(request);
  });
}

/** An answer ends with its Content-Length; one that is framed otherwise is read to the end of the connection. */
export function isComplete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = end < 0 ? null : headerOf(text, 'Content-Length');
  return length !== null && text.length >= end + 4 + Number(length);
}
