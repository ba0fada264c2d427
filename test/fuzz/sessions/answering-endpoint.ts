/** An endpoint that answers every whole request with a token of its own, in one of several forms. */
import type { Chance } from '../chance.ts';
import { EndpointConnection, split } from './peers.ts';
import type { EndpointScript } from './peers.ts';
import { headerOf } from './plain-messages.ts';
import type { PlainMessage } from './plain-messages.ts';

export interface AnsweredRequest {
  readonly connection: EndpointConnection;
  /** It was answered before it was whole. */
  readonly isEarly: boolean;
  readonly isHead: boolean;
}

export const TUNNEL_TEXT = 'tunnel: HTTP/1.1 200 OK\r\n\r\n';

export class AnsweringEndpoint implements EndpointScript {
  readonly connections: EndpointConnection[] = [];
  /** What was answered, in order; a request's token is its place here. */
  readonly answered: AnsweredRequest[] = [];
  readonly #chance: Chance;
  #isAnswered = false;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  dial(port: number): EndpointConnection {
    const connection = new EndpointConnection(port, this);
    this.connections.push(connection);
    return connection;
  }

  get tunnel(): EndpointConnection | undefined {
    return this.connections.find((connection) => connection.tunnelStart >= 0);
  }

  onHead(connection: EndpointConnection, head: string): void {
    this.#isAnswered = false;
    const chance = this.#chance;
    if (headerOf(head, 'expect') !== null && chance.is(0.7)) this.#send(connection, 'HTTP/1.1 100 Continue\r\n\r\n');
    if (chance.is(0.03)) this.#send(connection, 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n');
    const hasBody = headerOf(head, 'content-length') !== null || headerOf(head, 'transfer-encoding') !== null;
    if (hasBody && chance.is(0.03)) this.#answer(connection, head, true);
  }

  onRequest(connection: EndpointConnection, { head }: PlainMessage): void {
    if (this.#isAnswered) return;
    if (headerOf(head, 'upgrade') !== null && this.#chance.is(0.6)) this.#switch(connection);
    else this.#answer(connection, head, false);
  }

  #switch(connection: EndpointConnection): void {
    connection.becomeTunnel();
    const head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    this.#send(connection, head + TUNNEL_TEXT);
  }

  #answer(connection: EndpointConnection, head: string, isEarly: boolean): void {
    this.#isAnswered = true;
    const token = `token ${this.answered.length}`;
    const isHead = head.startsWith('HEAD ');
    this.answered.push({ connection, isEarly, isHead });
    const closes = this.#chance.is(0.06);
    const start = `HTTP/1.1 200 OK\r\nX-Token: ${this.answered.length - 1}\r\n${closes ? 'Connection: close\r\n' : ''}`;
    if (this.#chance.is(0.4)) {
      const body = `5\r\n${token.slice(0, 5)}\r\n${(token.length - 5).toString(16)}\r\n${token.slice(5)}\r\n0\r\n\r\n`;
      this.#send(connection, `${start}Transfer-Encoding: chunked\r\n\r\n${isHead ? '' : body}`);
    } else {
      this.#send(connection, `${start}Content-Length: ${token.length}\r\n\r\n${isHead ? '' : token}`);
    }
    if (closes) connection.close();
  }

  #send(connection: EndpointConnection, text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    connection.send(split(bytes, this.#chance.cuts(bytes.length)));
  }
}
