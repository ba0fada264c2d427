/** Answers requests to the admin API on connections that somebody else accepts. Loaded with the first of them. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { authenticate, may } from './authenticate.ts';
import type { AdminAnswer, AdminSubject } from './operation.ts';
import { Problem, describeProblem } from './problem.ts';
import { readBody } from './read-body.ts';
import { MethodNotAllowed, findOperation } from './table.ts';

const LIMITS = {
  requestTimeout: 10_000,
  headersTimeout: 5000,
  connectionsCheckingInterval: 2500,
  maxHeaderSize: 16 * 1024,
} as const;

export class AdminServer {
  readonly #server: Server;
  readonly #subject: AdminSubject;

  constructor(subject: AdminSubject) {
    this.#subject = subject;
    // Not imported: an import reads every name the module has, and those of this one load undici.
    const http = process.getBuiltinModule('node:http');
    this.#server = http.createServer(LIMITS, (request, response) => void this.#respond(request, response));
    this.#server.keepAliveTimeout = 5000;
    // It listens nowhere itself, and looks after its time limits only from here on.
    this.#server.emit('listening');
  }

  take(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { status, content } = await this.#answer(request);
      send(response, status, 'application/json', content);
    } catch (error) {
      const problem = error instanceof Problem ? error : this.#toProblem(error);
      if (problem instanceof MethodNotAllowed) response.setHeader('allow', problem.allow);
      // Of a body that nobody reads to its end, nothing that follows could be read.
      if (!request.complete) response.setHeader('connection', 'close');
      send(response, problem.status, 'application/problem+json', describeProblem(problem));
    }
  }

  /** What is loaded late is of the program on disk, which may be another by now. */
  #toProblem(error: unknown): Problem {
    const replaced = this.#subject.process.replaced();
    if (replaced !== null) return new Problem(503, 'program-replaced', replaced);
    console.error('fairlead: a bug of ours in the admin API:', error);
    return new Problem(500, 'internal', 'a bug of ours; the log has it');
  }

  async #answer(request: IncomingMessage): Promise<AdminAnswer> {
    const caller = authenticate();
    const [path, query = ''] = (request.url ?? '').split('?', 2);
    const { operation, params } = findOperation(request.method ?? '', path);
    if (!may(caller, operation.role)) throw new Problem(403, 'forbidden', `this needs the role ${operation.role}`);
    const parameters = new Map(new URLSearchParams(query));
    const unknown = [...parameters.keys()].find((name) => !operation.query.includes(name));
    if (unknown !== undefined)
      throw new Problem(400, 'bad-query', `there is no parameter ${JSON.stringify(unknown)} here`);
    const body = await readBody(request);
    return operation.run(this.#subject, { params, query: parameters, body, by: caller.name });
  }
}

function send(response: ServerResponse, status: number, type: string, content: unknown): void {
  const text = `${JSON.stringify(content)}\n`;
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}
