/** The drill's side of one of its servers: starts it, has it misbehave, and knows which requests have come to it. */
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startPinned } from '../children.ts';
import type { Child } from '../children.ts';
import { NO_FAULT } from './server-fault.ts';
import type { ServerFault } from './server-fault.ts';

const PROGRAM = fileURLToPath(new URL('./server.ts', import.meta.url));
/** How long an end may take: a frozen server never ends by itself. */
const END_MS = 1000;

/** A request that has come whole to a server. */
export interface Arrival {
  readonly atMs: number;
  readonly id: string;
}

export class DrillServer {
  readonly port: number;
  /** In the order in which they came, over all lives of the server. */
  readonly arrivals: Arrival[] = [];
  readonly #core: number;
  readonly #args: readonly string[];
  #child: Child | null = null;
  /** The next life: it has begun, and waits to be told to listen. */
  #standby: Child | null = null;

  /** `pem`: the file that it speaks TLS with; null: it speaks plain HTTP. */
  constructor(port: number, core: number, pem: string | null = null) {
    this.port = port;
    this.#core = core;
    this.#args = [PROGRAM, `--port=${port}`, ...(pem === null ? [] : [`--pem=${pem}`])];
  }

  /** Begins its next life, so that {@link start} takes no time: how long Node takes to start is not what is measured. */
  async prepare(): Promise<void> {
    if (this.#standby !== null) return;
    const child = startPinned(this.#core, { command: process.execPath, args: this.#args });
    this.#standby = child;
    await child.line('prepared');
  }

  /** Resolves when it listens; @throws Error when it cannot */
  async start(): Promise<void> {
    await this.prepare();
    const child = this.#standby as Child;
    this.#standby = null;
    this.#child = child;
    const ready = child.line('ready');
    child.write('listen\n');
    child.onLine((line) => this.#onLine(line));
    await ready;
  }

  behave(fault: ServerFault): void {
    this.#child?.write(`${JSON.stringify(fault)}\n`);
  }

  recover(): void {
    this.behave(NO_FAULT);
  }

  freeze(): void {
    this.#child?.signal('SIGSTOP');
  }

  thaw(): void {
    this.#child?.signal('SIGCONT');
  }

  /** As a power cut would: what is in flight is lost. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    child?.kill();
    await child?.exited;
  }

  /** As a deploy script would: no new connections, and an end when all answers are out. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    await child?.end(3000);
  }

  async end(): Promise<void> {
    this.thaw();
    this.#standby?.kill();
    await Promise.race([this.stop(), delay(END_MS)]);
    await this.kill();
  }

  #onLine(line: string): void {
    const [at, id] = line.split(' ', 2);
    if (id !== undefined && id !== '') this.arrivals.push({ atMs: Number(at), id });
  }
}
