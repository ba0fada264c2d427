/**
 * The upstream where there is no Go: the same answers as bench/go/upstream, over node:net. It costs about twice as
 * much per request, so that a fast proxy on the other core is not fully loaded.
 *
 * `node bench/node-upstream.ts --ports=4 --token=abc` prints its ports and ends when its standard input does.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { ports: { type: 'string' }, token: { type: 'string' } } });
const CLOSING = '/closing';
const answers = new Map<string, Buffer>();
let date = new Date().toUTCString();

/** One connection: requests in turn, a body only with Content-Length. */
class Session {
  readonly #socket: Socket;
  #received = '';
  #skip = 0;
  #target = '';
  #head = '';

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1').setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (text: string) => this.#onText(text));
  }

  #onText(text: string): void {
    this.#received += text;
    while (this.#received !== '') {
      if (this.#skip === 0 && !this.#takeHead()) return;
      const taken = Math.min(this.#skip, this.#received.length);
      this.#received = this.#received.slice(taken);
      this.#skip -= taken;
      if (this.#skip > 0) return;
      if (this.#target === CLOSING) this.#socket.end(closing());
      else this.#socket.write(answerTo(this.#target, this.#head));
    }
  }

  #takeHead(): boolean {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return false;
    this.#head = this.#received.slice(0, end + 4);
    this.#received = this.#received.slice(end + 4);
    this.#target = this.#head.split(' ', 2)[1];
    const length = this.#head.startsWith('POST') ? /^content-length: *(\d+)/im.exec(this.#head) : null;
    this.#skip = length === null ? 0 : Number(length[1]);
    return true;
  }
}

function answerTo(target: string, head: string): Buffer {
  const last = target.slice(target.lastIndexOf('/') + 1);
  if (last === 'echo') return compose('200 OK', head);
  if (last === 'unchanged') return unchanged();
  if (!/^\d{1,8}$/.test(last)) return compose('404 Not Found', '');
  const answer = answers.get(last) ?? compose('200 OK', 'x'.repeat(Number(last)));
  answers.set(last, answer);
  return answer;
}

/** The answer to a revalidation: a head with neither length nor body. */
function unchanged(): Buffer {
  const head =
    `HTTP/1.1 304 Not Modified\r\nDate: ${date}\r\nETag: "5f0c8a1e-32"\r\n` +
    `Cache-Control: no-cache\r\nX-Bench-Token: ${values.token ?? ''}\r\n\r\n`;
  const answer = answers.get('unchanged') ?? Buffer.from(head, 'latin1');
  answers.set('unchanged', answer);
  return answer;
}

/** The last answer of its connection, whatever is between the client and us. */
function closing(): Buffer {
  return compose('200 OK\r\nConnection: close', 'x'.repeat(50));
}

function compose(status: string, body: string): Buffer {
  const head =
    `HTTP/1.1 ${status}\r\nDate: ${date}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
    `Content-Length: ${body.length}\r\nCache-Control: no-cache\r\nX-Bench-Token: ${values.token ?? ''}\r\n\r\n`;
  return Buffer.from(head + body, 'latin1');
}

async function listen(): Promise<number> {
  const server = createServer((socket) => new Session(socket));
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, resolve));
  const { port } = server.address() as AddressInfo;
  echoDatagrams(port);
  return port;
}

/** At the same port: what comes goes back behind the token. */
function echoDatagrams(port: number): void {
  const token = Buffer.from(`${values.token ?? ''} `, 'latin1');
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.on('message', (datagram, from) => socket.send([token, datagram], from.port, from.address));
}

setInterval(() => {
  date = new Date().toUTCString();
  answers.clear();
}, 1000);
process.stdin.on('end', () => process.exit(0)).resume();
const ports = await Promise.all(Array.from({ length: Number(values.ports ?? 4) }, listen));
console.log(JSON.stringify({ ports }));
