/** `check`, `option httpchk` and `http-check` as the check of a pool. */
import type { Report } from '../report.ts';
import { toDuration } from '../milliseconds.ts';
import type { Sourced } from '../draft.ts';
import type { Line } from './parse-haproxy.ts';
import type { Proxy } from './proxy.ts';
import type { Server } from './servers.ts';
import { readTime } from './timeouts.ts';
import { parseTime } from './values.ts';

interface Http {
  path: string;
  method: string;
  host?: string;
  port?: number;
  status?: readonly string[];
  body?: string;
  headers?: Record<string, string>;
}

/** A HAProxy that is told nothing asks every two seconds, and waits as long. */
const DEFAULT_INTERVAL_MS = 2000;
const NUMBERS = { rise: 2, fall: 3 } as const;

/** Null: no server is checked. */
export function readHealthCheck(proxy: Proxy, servers: readonly Server[], report: Report): Sourced<object> | null {
  const checked = servers.filter(isChecked);
  const [first] = checked;
  if (first === undefined) return null;
  for (const server of servers.filter((each) => !isChecked(each))) {
    report.differ(server.from, 'it is checked, as the others of its pool are');
  }
  listOdd(checked, report);
  const http = readHttp(proxy, report);
  const port = numberOf(first, 'port', 65_535, report);
  const probe = http === null ? { tcp: port === null ? {} : { port } } : { http: toInput(http, port) };
  return { value: { ...probe, ...readTimes(proxy, first, report) }, from: first.from };
}

function isChecked({ parameters }: Server): boolean {
  return parameters.has('check') && !parameters.has('no-check');
}

/** Fairlead has one check for all endpoints of a pool. */
function listOdd([first, ...others]: readonly Server[], report: Report): void {
  for (const word of ['inter', 'fastinter', 'downinter', 'rise', 'fall', 'port']) {
    for (const { from, parameters } of others) {
      if (parameters.get(word) === first.parameters.get(word)) continue;
      report.leave(from, 'is one value for all endpoints of a pool, here that of the first', word);
    }
  }
}

function readTimes(proxy: Proxy, server: Server, report: Report): Record<string, string | number> {
  const intervalMs = timeOf(server, 'inter', report) ?? DEFAULT_INTERVAL_MS;
  const line = proxy.find('timeout', 'check');
  const timeout = readTime(line, line?.args[1], report)?.ms ?? intervalMs;
  const [fast, down] = [timeOf(server, 'fastinter', report), timeOf(server, 'downinter', report)];
  const counts = Object.entries(NUMBERS).flatMap(([name, usual]) => {
    const count = numberOf(server, name, 100, report);
    return count === null || count === usual ? [] : [[name, count] as const];
  });
  return {
    interval: toDuration(intervalMs),
    ...(fast === null ? {} : { fastInterval: toDuration(fast) }),
    ...(down === null ? {} : { downInterval: toDuration(down) }),
    timeout: toDuration(timeout),
    ...Object.fromEntries(counts),
  };
}

function timeOf({ from, parameters }: Server, word: string, report: Report): number | null {
  const text = parameters.get(word);
  const ms = text === undefined ? null : parseTime(text);
  if (ms !== null && ms > 0) return ms;
  if (text !== undefined) report.leave(from, 'this is not a time', `${word} ${text}`);
  return null;
}

function numberOf({ from, parameters }: Server, word: string, most: number, report: Report): number | null {
  const text = parameters.get(word);
  if (text === undefined) return null;
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= most) return number;
  report.leave(from, `this is not a whole number from 1 to ${most}`, `${word} ${text}`);
  return null;
}

/** Null: the connection alone is checked. */
function readHttp(proxy: Proxy, report: Report): Http | null {
  const option = proxy.find('option', 'httpchk');
  if (option === null) return null;
  report.take(option);
  const [, first, second, ...version] = option.args;
  // One word is the path.
  const [method, path] = second === undefined ? ['OPTIONS', first ?? '/'] : [first ?? 'OPTIONS', second];
  const http: Http = { path, method };
  readVersion(version.join(' '), http);
  for (const line of proxy.findAll('http-check')) readStep(line, http, report);
  if (!/^(?:GET|HEAD|OPTIONS)$/.test(http.method)) {
    report.leave(option, 'a check is GET, HEAD or OPTIONS', http.method);
    http.method = 'GET';
  }
  if (http.method === 'HEAD') delete http.body;
  return http;
}

/** `HTTP/1.1\r\nHost: a.com`: how headers were told to older versions. */
function readVersion(text: string, http: Http): void {
  const [, ...lines] = text.split(/\r?\n|\\r\\n/);
  for (const line of lines) {
    const [name, ...value] = line.split(':');
    setHeader(http, name.trim(), value.join(':').trim());
  }
}

function setHeader(http: Http, name: string, value: string): void {
  if (name === '') return;
  if (name.toLowerCase() === 'host') http.host = value.replace(/:\d+$/, '');
  else if (!/^(?:connection|content-length)$/i.test(name)) http.headers = { ...http.headers, [name]: value };
}

function readStep(line: Line, http: Http, report: Report): void {
  const [step, ...words] = line.args;
  if (step === 'send') readSend(line, words, http, report);
  else if (step === 'expect') readExpect(line, words, http, report);
  else if (step === 'comment' || step === 'send-state') report.same(line, 'nothing to set here');
  else if (step === 'connect') readConnect(line, words, http, report);
  else report.leave(line, 'a check is one request and one answer');
}

function readConnect(line: Line, words: readonly string[], http: Http, report: Report): void {
  const at = words.indexOf('port');
  const port = Number(words[at + 1]);
  if (at >= 0 && Number.isInteger(port)) http.port = port;
  report.take(line);
  const others = at < 0 ? words : words.toSpliced(at, 2);
  if (others.length > 0 && others.join() !== 'default')
    report.leave(line, 'a check connects over TCP', others.join(' '));
}

function readSend(line: Line, words: readonly string[], http: Http, report: Report): void {
  report.take(line);
  for (let at = 0; at < words.length; at++) {
    const [word, value] = [words[at], words[at + 1] ?? ''];
    if (word === 'meth') http.method = value;
    else if (word === 'uri') http.path = value;
    else if (word === 'hdr') setHeader(http, value, words[++at + 1] ?? '');
    else if (word !== 'ver')
      report.leave(line, 'a check sends no body, and nothing that is computed', `${word} ${value}`);
    at++;
  }
}

function readExpect(line: Line, words: readonly string[], http: Http, report: Report): void {
  const rest = words[0] === 'min-recv' || words[0] === 'comment' ? words.slice(2) : words;
  const [kind, ...values] = rest;
  const value = values.join(' ');
  if (kind === 'status' && /^[\d, -]+$/.test(value)) http.status = value.split(/[, ]+/);
  else if (kind === 'rstatus' && /^\^?\(?[1-5](?:\[0-9\]\[0-9\]|\.\.|\\d\\d|\\d\{2\}|xx)\)?\$?$/.test(value)) {
    http.status = [`${/[1-5]/.exec(value)?.[0] ?? ''}xx`];
  } else if (kind === 'string') http.body = value;
  else return report.leave(line, 'a check expects a status, or text in the body');
  report.take(line);
}

function toInput({ path, method, host, status, body, headers, port: connectPort }: Http, port: number | null): object {
  const asked = connectPort ?? port;
  return {
    path,
    ...(method === 'GET' ? {} : { method }),
    ...(host === undefined ? {} : { host }),
    ...(asked === null ? {} : { port: asked }),
    ...(status === undefined ? {} : { status: status.map((each) => (/^\d+$/.test(each) ? Number(each) : each)) }),
    ...(body === undefined ? {} : { body }),
    ...(headers === undefined ? {} : { headers }),
  };
}
