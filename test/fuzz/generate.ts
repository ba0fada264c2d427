/**
 * Messages by grammar, and the ways in which they go wrong: first in their structure (framing headers twice or
 * altered, blanks, line ends, chunk sizes, extensions, trailers), then in their bytes.
 */
import type { Chance } from './chance.ts';

export interface Generated {
  readonly bytes: Buffer;
  /** Untouched: both parsers have to accept it. */
  readonly isValid: boolean;
}

interface Draft {
  start: string;
  lines: string[];
  /** The body, one text for each part that can be altered on its own. */
  body: string[];
}

const METHODS = ['GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH', 'M-SEARCH', 'QUERY'];
const ODD_METHODS = ['FROB', 'get', 'PRI', 'CONNECT', 'G@T', '', 'SOURCE', 'M'.repeat(40)];
const TARGETS = [
  '/',
  '/a/b?c=d&e',
  '/%41%2f..',
  '/a//b;c=d',
  'http://h/x?y',
  'http://h',
  'http://h:80?q',
  '/"<>\\^`{|}',
];
const ODD_TARGETS = [
  '*',
  'a',
  '',
  '/a#b',
  '/\xe9',
  '/\x01',
  'http://g/',
  'ftp://h/',
  'h:80',
  '/a b',
  'http://u@h/',
  '//',
];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'];
const ODD_VERSIONS = ['HTTP/2.0', 'HTTP/1.2', 'HTTP/0.9', 'http/1.1', 'HTTP/1.1 ', 'HTTP/11', 'HTTP/1', 'ICE/1.0', ''];
const STATUSES = [
  '200 OK',
  '200',
  '200 ',
  '404 Not Found',
  '500 \xe9',
  '304 Not Modified',
  '204 No Content',
  '299 X',
  '999 Y',
];
const ODD_STATUSES = [
  '099 X',
  '20 X',
  '2000 X',
  '-20 X',
  '0x1 X',
  '200OK',
  '101 Switching',
  '100 Continue',
  '200 \x01',
  ' 200 OK',
];

const HEADERS = [
  'Accept: */*',
  'User-Agent: x y (z)',
  'X-Empty:',
  'X-Blank: \t ',
  'x-tab:\ta\tb',
  'Cookie: a=b; c="d"',
  'Via: 1.1 x',
  'Accept-Encoding: gzip, deflate',
  'X-Obs: \xe9\xff\xa0',
  'Set-Cookie: a=b; Path=/',
  'Content-Type: text/plain',
  'Date: x',
  'Trailer: X-T',
  'Keep-Alive: timeout=5',
  'Proxy-Connection: keep-alive',
  'TE: trailers',
  'X-Own: 1',
  'X-Forwarded-For: 1.2.3.4',
  'X-Forwarded-For: 2001:db8::7, 1.2.3.4:80',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Proto: wss, http',
  'X-Forwarded-Host: out:81, h',
  'X-Forwarded-Port: 444',
  'x-forwarded-prefix:  /x ',
  'X_Forwarded_Host: u',
  'X-Forwarded-Tls-Client-Cert: MIIB',
  'X-Forwarded-Tls: 1',
  'Client-Cert: :MIIB:',
  'Client-Cert-Chain: :MIIB:, :MIIC:',
  'Client-Certs: 1',
  'Client_Cert: :MIIB:',
  'Client-Cert_Chain: :MIIB:',
  'X-Forwarded_Ssl: on',
  'X_Under: 1',
  'Forwarded: for=_x',
  'X-Request-Id: abc-1',
  'Proxy-Authorization: Basic eDp5',
  'Connection: keep-alive',
  'Connection: X-Own, keep-alive',
  'connection: , x-own ,',
  'Connection: via, cookie',
];
/** Not wrong as they stand, but each with a meaning of its own. */
const LOADED = [
  'Connection: close',
  'Connection: Close, X',
  'Connection: upgrade',
  'Connection: Upgrade, HTTP2-Settings',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Upgrade: a, b',
  'HTTP2-Settings: AAMAAABkAAQAAP__',
  'Expect: 100-continue',
  'Expect: x',
  'Content-Length: 0',
  'Content-Length: 5',
  'Content-Length: 05',
  'Content-Length: 5, 5',
  'Content-Length: +5',
  'Content-Length: 0x5',
  'Content-Length: 5 ',
  'Content-Length:',
  'Content-Length: 99999999999999999999',
  'Content-Length: 9007199254740993',
  'Content-Length: 5 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: Chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, gzip',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding:',
  'Transfer-Encoding: chunked;a=b',
  'Transfer-Encoding: \x0bchunked',
  'Transfer-Encoding: "chunked"',
  'Transfer_Encoding: chunked',
  'Host: a',
  'Host: h, i',
  'Host: u@h',
  'Host:',
  'Host: h/x',
  'Connection: close x',
  'Connection: "close"',
];
const BAD_LINES = [
  'X',
  'X y',
  ': x',
  'X : y',
  'X\t: y',
  ' X: y',
  '\tX: y',
  'X(Y): z',
  'X\xe9: z',
  'X: \0',
  'X: \x7f',
  'X: a\rb',
  '',
];
const EXTENSIONS = [';a', ';a=b', ';a="b;c"', ';a;b=c', ';a="\\""'];
const BAD_EXTENSIONS = [
  ';',
  ' ;a',
  '; a',
  ';a=',
  ';=a',
  ';a="b',
  ';a b',
  ' ',
  '\t',
  ';a="b"c',
  ';a =b',
  ';\xe9',
  ';a=b=c',
];
const TRAILERS = ['X-T: 1', 'x-u:', 'Grpc-Status: 0'];
const BAD_TRAILERS = [
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'Host: x',
  'X',
  'X : y',
  ' X: y',
  'X: \0',
  'X: a\rb',
];
const BYTES = Array.from('\0\x01\x12\t\n\v\f\r !"#,-./:;=@\\_~019aAfFgGxX\x7f\x80\x85\xa0\xb2\xff');

export function generateRequests(chance: Chance): Generated {
  const count = 1 + chance.below(3);
  let text = '';
  let isValid = true;
  for (let index = 0; index < count; index++) {
    const draft = draftRequest(chance);
    if (chance.is(0.35)) isValid = !alter(draft, chance, true) && isValid;
    text += write(draft);
  }
  if (chance.is(0.03)) text = `\r\n${text}`;
  if (chance.is(0.25)) {
    text = mutate(text, chance);
    isValid = false;
  }
  return { bytes: Buffer.from(`${text}GET /end HTTP/1.1\r\nHost: end\r\n\r\n`, 'latin1'), isValid };
}

export function generateResponse(chance: Chance, method: string): Generated {
  let text = '';
  let isValid = true;
  while (chance.is(0.1))
    text += chance.pick(['HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n']);
  const draft = draftResponse(chance, method);
  if (chance.is(0.35)) isValid = !alter(draft, chance, false);
  text += write(draft);
  if (chance.is(0.25)) {
    text = mutate(text, chance);
    isValid = false;
  }
  return { bytes: Buffer.from(text + chance.pick(['', '', 'HTTP/1.1 200 OK\r\n\r\n', 'x']), 'latin1'), isValid };
}

function draftRequest(chance: Chance): Draft {
  const version = chance.pick(VERSIONS);
  const method = chance.pick(METHODS);
  const lines = plainLines(chance, version);
  lines.splice(
    chance.below(lines.length + 1),
    0,
    chance.pick(['Host: h', 'host:h ', 'Host: H', 'Host: h:80', 'HOST: h.']),
  );
  const draft: Draft = { start: `${method} ${chance.pick(TARGETS)} ${version}`, lines, body: [] };
  frame(draft, chance, version === 'HTTP/1.1');
  return draft;
}

function draftResponse(chance: Chance, method: string): Draft {
  const version = chance.pick(VERSIONS);
  const status = chance.pick(STATUSES);
  const draft: Draft = {
    start: `${version} ${status}`,
    lines: plainLines(chance, version),
    body: [],
  };
  const isBodyless = method === 'HEAD' || status.startsWith('304');
  if (!status.startsWith('204')) frame(draft, chance, version === 'HTTP/1.1');
  if (isBodyless) draft.body = [];
  return draft;
}

function plainLines(chance: Chance, version: string): string[] {
  const lines = Array.from({ length: chance.below(7) }, () => chance.pick(HEADERS));
  if (version === 'HTTP/1.0' && chance.is(0.7)) lines.push('Connection: keep-alive');
  return lines;
}

/** Gives a draft a body. */
function frame(draft: Draft, chance: Chance, mayChunk: boolean): void {
  const at = chance.below(draft.lines.length + 1);
  const kind = chance.below(3);
  if (kind === 1) {
    const body = 'body\r\n\r\n0123456789'.slice(0, chance.below(18));
    draft.lines.splice(at, 0, `Content-Length: ${body.length}`);
    draft.body = [body];
  } else if (kind === 2 && mayChunk) {
    draft.lines.splice(at, 0, 'Transfer-Encoding: chunked');
    for (let count = chance.below(4); count > 0; count--) {
      const data = '0\r\n\r\nGET / x23456789'.slice(0, 1 + chance.below(19));
      const size = data.length.toString(16);
      const text = chance.pick([size, size, size.toUpperCase(), `0${size}`]);
      draft.body.push(`${text}${chance.is(0.2) ? chance.pick(EXTENSIONS) : ''}\r\n`, `${data}\r\n`);
    }
    draft.body.push(`0${chance.is(0.1) ? chance.pick(EXTENSIONS) : ''}\r\n`);
    while (chance.is(0.2)) draft.body.push(`${chance.pick(TRAILERS)}\r\n`);
    draft.body.push('\r\n');
  }
}

/** One to three changes of structure. True: something was changed. */
function alter(draft: Draft, chance: Chance, isRequest: boolean): boolean {
  for (let count = 1 + chance.below(3); count > 0; count--) alterOnce(draft, chance, isRequest);
  return true;
}

function alterOnce(draft: Draft, chance: Chance, isRequest: boolean): void {
  const { lines } = draft;
  const at = chance.below(lines.length + 1);
  switch (chance.below(draft.body.length > 2 ? 13 : 8)) {
    case 0:
    case 1:
    case 2:
      lines.splice(at, 0, chance.pick(LOADED));
      return;
    case 3:
      lines.splice(at, 0, chance.pick(BAD_LINES));
      return;
    case 4:
      if (lines.length > 0) lines.splice(at, 0, chance.pick(lines));
      return;
    case 5:
      lines.splice(at, 1);
      return;
    case 6:
      alterStart(draft, chance, isRequest);
      return;
    case 7:
      if (at < lines.length)
        lines[at] = chance.pick([
          `${lines[at]}\n`,
          `${lines[at]}\r`,
          `${lines[at]}\t`,
          ` ${lines[at]}`,
          lines[at].replace(':', ' :'),
        ]);
      return;
    default:
      alterChunks(draft, chance);
  }
}

function alterStart(draft: Draft, chance: Chance, isRequest: boolean): void {
  const parts = draft.start.split(' ');
  if (!isRequest) {
    draft.start = chance.is(0.5) ? `${parts[0]} ${chance.pick(ODD_STATUSES)}` : `${chance.pick(ODD_VERSIONS)} 200 OK`;
    return;
  }
  const which = chance.below(3);
  parts[which] = chance.pick(which === 0 ? ODD_METHODS : which === 1 ? ODD_TARGETS : ODD_VERSIONS);
  draft.start = parts.join(chance.is(0.9) ? ' ' : chance.pick(['  ', '\t', '']));
}

function alterChunks(draft: Draft, chance: Chance): void {
  const { body } = draft;
  const at = chance.below(body.length);
  const text = body[at];
  switch (chance.below(6)) {
    case 0:
      body[at] = chance.pick(['+', '-', '0x', ' ', '0', '00000000000000000', 'f', '\t', '\r\n', '1']) + text;
      return;
    case 1:
      body[at] = text.replace('\r\n', chance.pick(['\n', '\r', '', '\r\r\n', '\n\r', ' \r\n']));
      return;
    case 2:
      body[at] = text.replace('\r\n', `${chance.pick(BAD_EXTENSIONS)}\r\n`);
      return;
    case 3:
      body.splice(body.length - 1, 0, `${chance.pick(BAD_TRAILERS)}\r\n`);
      return;
    case 4:
      body.splice(at, 1);
      return;
    default:
      body.splice(at, 0, text);
  }
}

function write(draft: Draft): string {
  return `${[draft.start, ...draft.lines].join('\r\n')}\r\n\r\n${draft.body.join('')}`;
}

/** One to three changes of bytes. */
function mutate(text: string, chance: Chance): string {
  let changed = text;
  for (let count = 1 + chance.below(3); count > 0; count--) {
    const at = chance.below(changed.length + 1);
    const byte = chance.is(0.8) ? chance.pick(BYTES) : String.fromCharCode(chance.below(256));
    const to = Math.min(changed.length, at + 1 + chance.below(12));
    switch (chance.below(5)) {
      case 0:
        changed = changed.slice(0, at) + byte + changed.slice(at);
        break;
      case 1:
        changed = changed.slice(0, at) + byte + changed.slice(at + 1);
        break;
      case 2:
        changed = changed.slice(0, at) + changed.slice(at + 1);
        break;
      case 3:
        changed = changed.slice(0, at) + changed.slice(to);
        break;
      default: {
        const into = chance.below(changed.length + 1);
        changed = changed.slice(0, into) + changed.slice(at, to) + changed.slice(into);
      }
    }
  }
  return changed;
}
