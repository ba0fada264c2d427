/** How the clients of the drill come to the proxy: in plain HTTP, or over TLS. */
import http from 'node:http';
import type { Agent, AgentOptions, ClientRequest, RequestOptions } from 'node:http';
import https from 'node:https';

export interface ClientSide {
  readonly isSecure: boolean;
  request(options: RequestOptions): ClientRequest;
  createAgent(options: AgentOptions): Agent;
}

export const PLAIN: ClientSide = {
  isSecure: false,
  request: (options) => http.request(options),
  createAgent: (options) => new http.Agent(options),
};

/**
 * They trust whoever answers: the certificate is made for the run. Clients that give up come anew at once, hundreds in a
 * second out of one process: the curve that costs them least, or it is their own time that is measured.
 */
export const OVER_TLS: ClientSide = {
  isSecure: true,
  request: (options) => https.request({ ...options, rejectUnauthorized: false, ecdhCurve: 'X25519' }),
  createAgent: (options) => new https.Agent(options),
};
