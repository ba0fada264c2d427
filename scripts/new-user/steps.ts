/** What a new user types, one command after another, with what comes back and how long it takes. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** One command, as it stands on the page. */
export interface Step {
  readonly name: string;
  /** As it is typed. */
  readonly typed: string;
  readonly output: string;
  readonly seconds: number;
}

const GIVE_UP_MS = 60_000;
const POLL_MS = 10;

/** Remarks of npm about this machine, the time in front of log lines, which differs in each run, and CRs of HTTP. */
const NOISE = [/^npm (?:warn|notice).*\n?/gm, /^\d{4}-\d\d-\d\dT[\d:.]+Z /gm, /\r/g];

/** A command in a shell of its own process group, so that it hears Ctrl-C as in a terminal. */
export class Typed implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #closed: Promise<unknown>;
  readonly #began = performance.now();
  #output = '';

  constructor(command: string, cwd: string, env: NodeJS.ProcessEnv) {
    this.#child = spawn('sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#closed = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    }
  }

  /** Everything it has printed so far, from a place on. */
  output(from = 0): string {
    return NOISE.reduce((text, noise) => text.replaceAll(noise, ''), this.#output.slice(from)).trim();
  }

  get length(): number {
    return this.#output.length;
  }

  get seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  /** Resolves when it has printed this. @throws Error with what it printed instead */
  async printed(pattern: RegExp, from = 0): Promise<void> {
    const deadline = performance.now() + GIVE_UP_MS;
    while (!pattern.test(this.#output.slice(from))) {
      if (this.#child.exitCode !== null || performance.now() > deadline) {
        throw new Error(`it did not print ${String(pattern)}:\n${this.#output}`);
      }
      await delay(POLL_MS);
    }
  }

  /** Ctrl-C. Resolves when all of it is gone. */
  async interrupt(): Promise<void> {
    this.#signal('SIGINT');
    await this.#closed;
  }

  /** @throws Error with what it printed, unless it ended with 0 */
  async ended(): Promise<void> {
    await this.#closed;
    if (this.#child.exitCode !== 0) throw new Error(`it ended with ${String(this.#child.exitCode)}:\n${this.#output}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal('SIGKILL');
    await this.#closed;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined || this.#child.exitCode !== null) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // has ended
    }
  }
}

/** Runs a command to its end. `typed`: what stands on the page, where that differs. */
export async function step(
  name: string,
  command: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
  typed = command,
): Promise<Step> {
  await using running = new Typed(command, cwd, env);
  await running.ended();
  return { name, typed, output: running.output(), seconds: running.seconds };
}
