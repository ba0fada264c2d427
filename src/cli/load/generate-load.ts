/** Sends the load and fills in the figures. Autocannon sends and takes the time; the figures are our own. */
import type { ServerName } from '../option-parsers.ts';
import type { Autocannon, Client, Run, Settings } from './autocannon.ts';
import type { LoadFigures } from './load-figures.ts';
import type { LoadOptions } from './load-options.ts';

/** How often autocannon looks whether it is to stop, in ms. */
const SAMPLE_MS = 50;
/** A time limit that never comes, since we end it ourselves. */
const SPARE_SECONDS = 3600;
/** With so many failures and not one answer there is nothing to measure. */
const HOPELESS = 200;

/** A load that is being sent. */
export class Load {
  readonly #run: Run;
  readonly #options: LoadOptions;
  readonly #figures: LoadFigures;
  readonly #startedAt = performance.now();
  #stoppedAt: number | null = null;

  /** Begins at once. `body`: the bytes to send, if any. */
  constructor(autocannon: Autocannon, options: LoadOptions, body: Buffer | null, figures: LoadFigures) {
    this.#options = options;
    this.#figures = figures;
    const onServer = (name: string): void => {
      if (this.#stoppedAt === null) figures.addServer(name);
    };
    this.#run = autocannon(toSettings(options, body, onServer));
    this.#run.on('response', (_client, status, bytes, latencyMs) => {
      // Answers that come while it stops are not counted.
      if (this.#stoppedAt === null) figures.addAnswer(status, latencyMs, bytes);
      this.#stopWhenDone();
    });
    this.#run.on('reqError', (error) => {
      if (this.#stoppedAt === null) figures.addError(reasonOf(error));
      this.#stopWhenDone();
    });
  }

  /** Ends early; the results so far count. */
  stop(): void {
    if (this.#stoppedAt !== null) return;
    this.#stoppedAt = performance.now();
    this.#run.stop();
  }

  /** Resolves to the time that counts in ms, once everything has ended. */
  async waitForEnd(): Promise<number> {
    const { requests, durationMs } = this.#options;
    const timer = requests === null ? setTimeout(() => this.stop(), durationMs) : undefined;
    await this.#run;
    clearTimeout(timer);
    if (requests !== null && this.#stoppedAt === null) this.#countUnanswered(requests);
    return (this.#stoppedAt ?? performance.now()) - this.#startedAt;
  }

  #stopWhenDone(): void {
    const { answers, errors } = this.#figures;
    const isHopeless = answers === 0 && errors >= Math.max(HOPELESS, this.#options.connections);
    if (isHopeless || answers + errors === this.#options.requests) this.stop();
  }

  /** Autocannon connects anew and says nothing where a server closes instead of answering. */
  #countUnanswered(requests: number): void {
    const missing = requests - this.#figures.answers - this.#figures.errors;
    if (missing > 0) this.#figures.addError('closed without an answer', missing);
  }
}

function toSettings(options: LoadOptions, body: Buffer | null, onServer: OnServer): Settings {
  const { url, connections, pipelining, requests, rate, timeoutMs, headers, durationMs } = options;
  const { setupClient, onResponse } = nameServers(options.by, onServer);
  return {
    url,
    connections: Math.min(connections, requests ?? connections),
    pipelining,
    duration: Math.ceil(durationMs / 1000) + SPARE_SECONDS,
    ...(requests === null ? {} : { amount: requests }),
    ...(rate === null ? {} : { overallRate: rate }),
    timeout: timeoutMs / 1000,
    sampleInt: SAMPLE_MS,
    method: options.method ?? (body === null ? 'GET' : 'POST'),
    headers,
    ...(body === null ? {} : { body }),
    setupClient,
    requests: [onResponse === null ? {} : { onResponse }],
  };
}

/** Reads the name in an answer before the answer itself is counted. */
type OnServer = (name: string) => void;

type Naming = Pick<Settings, 'setupClient'> & { readonly onResponse: ((status: number, body: string) => void) | null };

/** A header is looked at in the head alone; only for a key of the body is each body read as JSON. */
function nameServers(by: ServerName, onServer: OnServer): Naming {
  if (by.in === 'json') {
    const onResponse = (_status: number, body: string): void => {
      const name = readKey(body, by.name);
      if (name !== null) onServer(name);
    };
    return { setupClient: () => {}, onResponse };
  }
  const setupClient = (client: Client): void => {
    let found: string | undefined;
    client.on('headers', ({ headers }) => {
      const index = headers.findIndex((text, place) => place % 2 === 0 && text.toLowerCase() === by.name);
      found = index === -1 ? undefined : headers[index + 1];
    });
    client.on('response', () => {
      if (found !== undefined) onServer(found);
    });
  };
  return { setupClient, onResponse: null };
}

function readKey(body: string, name: string): string | null {
  try {
    const value: unknown = (JSON.parse(body) as Record<string, unknown> | null)?.[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  } catch {
    return null;
  }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code !== undefined) return error.code;
  return error.message === 'request timed out' ? 'timeout' : error.message;
}
