/** What the tests of UDP share: clients that know what they were answered, and servers that say who they are. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { reservePort } from '../../bench/ports.ts';
import { until } from './until.ts';

/** A port that TCP has free as well. */
export const FREE_OF_BOTH = -1;

/** Answers `NAME TEXT` for each TEXT, unless told otherwise. */
export class DatagramServer {
  readonly name: string;
  readonly heard: string[] = [];
  /** Ports that something came from: one for each session. */
  readonly sources = new Set<number>();
  /** Says nothing. */
  isSilent = false;
  readonly port: number;
  readonly #socket: Socket;
  #isClosed = false;

  constructor(name: string, socket: Socket) {
    this.name = name;
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on('error', () => {});
    socket.on('message', (datagram, { address, port }) => {
      this.heard.push(datagram.toString());
      this.sources.add(port);
      if (!this.isSilent) this.say(`${name} ${datagram.toString()}`, port, address);
    });
  }

  static async start(t: TestContext, name: string, port = 0, host = '127.0.0.1'): Promise<DatagramServer> {
    const server = new DatagramServer(name, await bound(host, port === FREE_OF_BOTH ? await vacantPort() : port));
    t.after(() => server.close());
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  say(text: string, port: number, address = '127.0.0.1'): void {
    if (!this.#isClosed) this.#socket.send(text, port, address);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}

async function bound(host: string, port: number): Promise<Socket> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const listening = once(socket, 'listening');
  socket.bind(port, host);
  await listening;
  return socket;
}

async function vacantPort(): Promise<number> {
  const { port, release } = await reservePort();
  await release();
  return port;
}

/** An address at which nothing listens. */
export async function vacantAddress(): Promise<string> {
  return `127.0.0.1:${await vacantPort()}`;
}

/** A client: one address and port. */
export class DatagramClient {
  readonly heard: string[] = [];
  readonly socket: Socket;
  readonly #port: number;
  readonly #host: string;

  constructor(socket: Socket, port: number, host: string) {
    this.socket = socket;
    this.#port = port;
    this.#host = host;
    socket.on('error', () => {});
    socket.on('message', (datagram) => this.heard.push(datagram.toString()));
  }

  /** `port`: of the listener. */
  static async open(t: TestContext, port: number, host = '127.0.0.1'): Promise<DatagramClient> {
    const socket = await bound(host, 0);
    t.after(() => socket.close());
    return new DatagramClient(socket, port, host);
  }

  send(text: string): void {
    this.socket.send(text, this.#port, this.#host);
  }

  /** Sends it, and resolves to the next answer. */
  async ask(text: string): Promise<string> {
    const before = this.heard.length;
    this.send(text);
    await until(() => this.heard.length > before, `an answer to ${text}`);
    return this.heard[before];
  }

  /** Asks for what an echo gives back, and returns the name of the server. */
  async askName(text: string): Promise<string> {
    const [name, ...rest] = (await this.ask(text)).split(' ');
    assert.equal(rest.join(' '), text);
    return name;
  }
}

/** Clients that ask one question after another, each from one port, until told to stop. What is lost is not asked again. */
export class DatagramLoad {
  done = 0;
  lost = 0;
  readonly byServer: Record<string, number> = {};
  readonly #lanes: Promise<void>[];
  #isStopped = false;

  constructor(clients: readonly DatagramClient[], patienceMs = 2000) {
    this.#lanes = clients.map((client, index) => this.#run(client, index, patienceMs));
  }

  async #run(client: DatagramClient, index: number, patienceMs: number): Promise<void> {
    for (let turn = 0; !this.#isStopped; turn++) {
      const text = `${index}/${turn}`;
      const answer = await answerOf(client, text, patienceMs);
      if (answer === null) this.lost++;
      else this.byServer[answer.split(' ')[0]] = (this.byServer[answer.split(' ')[0]] ?? 0) + 1;
      this.done++;
    }
  }

  async more(count: number): Promise<void> {
    const wanted = this.done + count;
    await until(() => this.done >= wanted, `${count} more answers`);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#lanes);
  }
}

/** Null: none has come in time. */
function answerOf(client: DatagramClient, text: string, patienceMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const end = (answer: string | null): void => {
      clearTimeout(timer);
      client.socket.off('message', hear);
      resolve(answer);
    };
    const timer = setTimeout(() => end(null), patienceMs);
    const hear = (datagram: Buffer): void => {
      const answer = datagram.toString();
      if (answer.endsWith(` ${text}`)) end(answer);
    };
    client.socket.on('message', hear);
    client.send(text);
  });
}
