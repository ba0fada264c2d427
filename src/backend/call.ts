/** One request to a mock server, as the functions that answer it see it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ProxyHeader } from '../net/proxy-protocol/parse.ts';
import type { Behaviour } from './behaviour.ts';

export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: ServerView;
  /** The path after its first segment: `64` of `/bytes/64`. */
  readonly argument: string;
  readonly query: URLSearchParams;
  /** Aborts when the client is gone, or the answer done. */
  readonly signal: AbortSignal;
}

/** What these functions know of the server. */
export interface ServerView {
  readonly name: string;
  /** What `/` answers instead of the echo; null: the echo. */
  readonly text: string | null;
  readonly behaviour: Behaviour;
  readonly stats: BackendStats;
  /** What the connection began with; null: with a request. */
  headerOf(socket: Socket): ProxyHeader | null;
}

/** Requests to `/control` are in none of these. */
export interface BackendStats {
  readonly requests: number;
  /** Requests that got 503 or a reset on purpose. */
  readonly failures: number;
  readonly inFlight: number;
  readonly connections: number;
  readonly webSockets: number;
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  send(response, status, 'text/plain; charset=utf-8', text);
}

/** With line breaks, for people. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', `${JSON.stringify(value, null, 2)}\n`);
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** `text` as a whole number between the two, else a 400 that says so, and null. */
export function wholeNumber(call: Call, text: string, least: number, most: number): number | null {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  sendText(call.response, 400, `${call.request.url} needs a whole number from ${least} to ${most}\n`);
  return null;
}
