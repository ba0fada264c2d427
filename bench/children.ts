/**
 * Starts processes pinned to a core, and ends those and no others: each by its id, its own children first, also
 * when the bench fails or is interrupted. Where `setpriv` is there, a child is told to end with us even if we are
 * killed.
 */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { findCommand } from './commands.ts';
import { processTree } from './cpu-accounting.ts';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

type Process = ChildProcessByStdio<Writable, Readable, Readable>;

const OUTPUT_KEPT = 4096;
const running = new Set<Child>();

/** A process the bench started. Its standard input is a pipe that closes with us. */
export class Child {
  readonly #process: Process;
  readonly #onLine: ((line: string) => void)[] = [];
  #rest = '';
  #complaints = '';
  readonly exited: Promise<number>;

  constructor(process: Process) {
    this.#process = process;
    running.add(this);
    this.exited = new Promise((resolve) => {
      const ended = (code: number): void => {
        running.delete(this);
        resolve(code);
      };
      process.once('close', (code, signal) => ended(code ?? (signal === null ? 1 : 128)));
      process.once('error', (error) => {
        this.#complaints += error.message;
        ended(127);
      });
    });
    process.stdin.on('error', () => {});
    process.stdout.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaints = (this.#complaints + text).slice(-OUTPUT_KEPT);
    });
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  get isRunning(): boolean {
    return running.has(this);
  }

  /** What it says is wrong: the last line on standard error that speaks of an error, or the last one. */
  get complaint(): string {
    const lines = this.#complaints.trim().split('\n');
    return (lines.findLast((line) => /error|cannot|fail/i.test(line)) ?? lines.at(-1) ?? '').trim();
  }

  onLine(listener: (line: string) => void): void {
    this.#onLine.push(listener);
  }

  /** First line of standard output that begins with `prefix`, without it; rejects if the process ends before. */
  line(prefix = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      this.onLine((line) => {
        if (line.startsWith(prefix)) resolve(line.slice(prefix.length));
      });
      void this.exited.then((code) => reject(new Error(`process ended with ${code}: ${this.complaint}`)));
    });
  }

  /** Writes to its standard input. */
  write(text: string): void {
    this.#process.stdin.write(text);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.isRunning) this.#process.kill(signal);
  }

  /** SIGTERM, and after `graceMs` SIGKILL, to it and what it started. */
  async end(graceMs = 5000): Promise<void> {
    if (!this.isRunning) return;
    const family = processTree(this.pid);
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => killAll(family), graceMs);
    await this.exited;
    clearTimeout(timer);
  }

  /** At once; for the way out. */
  kill(): void {
    if (this.isRunning && this.#process.pid !== undefined) killAll(processTree(this.#process.pid));
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) for (const listener of this.#onLine) listener(line);
  }
}

/** Children before parents, so that no parent replaces what we just ended. */
function killAll(family: readonly number[]): void {
  for (const pid of [...family].reverse()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // has already ended
    }
  }
}

/** Starts a command on one core, with as many file descriptors as we may have. */
export function startPinned(core: number, { command, args }: Command): Child {
  const dieWithUs = findCommand('setpriv') === null ? '' : 'setpriv --pdeathsig TERM ';
  const script = `ulimit -n "$(ulimit -Hn)"; exec ${dieWithUs}taskset -c ${core} "$@"`;
  return new Child(spawn('sh', ['-c', script, 'sh', command, ...args], { stdio: ['pipe', 'pipe', 'pipe'] }));
}

/** Runs a command to its end. @throws Error with what it complained about */
export async function runToEnd({ command, args }: Command): Promise<void> {
  const child = new Child(spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] }));
  const code = await child.exited;
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${child.complaint}`);
}

/** Ends all that is still running when the process leaves, for whatever reason. */
export function endChildrenOnExit(): void {
  process.once('exit', () => {
    for (const child of running) child.kill();
  });
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => process.exit(code));
  }
}
