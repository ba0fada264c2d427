/** The `fairlead` command as a process of its own, as a user starts it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const BIN = fileURLToPath(new URL('../../bin/fairlead.js', import.meta.url));

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface FairleadOptions {
  /** Default: the Node that runs the test. */
  readonly node?: string;
  /** Default: bin/fairlead.js of this checkout. */
  readonly bin?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Where the processes of this test have their admin sockets, so that those which are killed leave none behind. */
const RUNTIME_DIRECTORY = mkdtempSync(join(tmpdir(), 'fairlead-run-'));
process.on('exit', () => rmSync(RUNTIME_DIRECTORY, { recursive: true, force: true }));

export class FairleadProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<ProcessEnd>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], { node = process.execPath, bin = BIN, cwd, env }: FairleadOptions = {}) {
    // Node's own test runner must not take what the child prints for its protocol.
    const environment = { ...process.env, RUNTIME_DIRECTORY, ...env, NODE_TEST_CONTEXT: undefined };
    const child = spawn(node, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd, env: environment });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.#child = child;
    this.#ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  /** Settles when the process is gone and all it printed has been read. */
  get ended(): Promise<ProcessEnd> {
    return this.#ended;
  }

  /** Waits for a line on stdout; resolves to what the first group of the pattern matched. */
  async said(pattern: RegExp): Promise<string> {
    await until(
      () => pattern.test(this.stdout) || this.#child.exitCode !== null,
      () => `${String(pattern)} on stdout: ${this.stdout}${this.stderr}`,
    );
    const found = pattern.exec(this.stdout);
    if (found === null) throw new Error(`it ended instead of saying ${String(pattern)}: ${this.stderr}`);
    return found[1];
  }

  /** The port of a listener, once it listens. */
  async port(listener = 'web'): Promise<number> {
    return Number(await this.said(new RegExp(`listener ${listener} on https?://\\S+:(\\d+)`)));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Nobody reads what it prints any more. */
  closeStdout(): void {
    this.#child.stdout?.destroy();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
