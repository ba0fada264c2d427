/** A program in a terminal of tmux: keys go in, the screen is read. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installMissing } from '../../bench/commands.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIMIT_MS = 30_000;
/** Each look is a process. */
const PAUSE_MS = 100;
/** The program's exit code, said on the screen that it left. */
const ENDED = 'ended with code';
const END = new RegExp(`^${ENDED} (\\d+)$`, 'm');

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the project's own. */
  readonly cwd?: string;
}

/** Null, or what is missing for a terminal: it is installed where we are root on Debian. */
export function requireTmux(): string | null {
  const [problem = null] = installMissing(['tmux', 'ps'], (line) => console.log(line));
  return problem;
}

/** On a socket of its own, so that no other session of tmux is touched. */
export class Terminal implements AsyncDisposable {
  /** Of the socket. */
  readonly #folder: string;

  /** Not to be called: `start` is. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Runs a command of the shell. When it has ended the terminal stays, with `ended with code N` on it. */
  static async start(command: string, { columns, rows, env = {}, cwd = ROOT }: TerminalOptions): Promise<Terminal> {
    const terminal = new Terminal(await mkdtemp(join(tmpdir(), 'fairlead-terminal-')));
    const size = ['-x', String(columns), '-y', String(rows)];
    const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    const script = `${command}; echo ${ENDED} $?; exec cat >/dev/null`;
    await terminal.#tmux('-f', '/dev/null', 'new-session', '-d', '-c', cwd, ...size, ...variables, script);
    return terminal;
  }

  /** Keys by tmux's names: `q`, `Up`, `C-c`. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#tmux('send-keys', ...keys);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** What is on the screen, without colours. */
  async read(): Promise<string> {
    return this.#tmux('capture-pane', '-p');
  }

  /** Waits until the screen says so, at most 30 s; then fails with the screen as it is. */
  async until(says: (screen: string) => boolean, what: string): Promise<void> {
    const deadline = performance.now() + LIMIT_MS;
    for (;;) {
      const screen = await this.read();
      if (says(screen)) return;
      if (performance.now() > deadline) throw new Error(`not seen within ${LIMIT_MS} ms: ${what}\n${screen}`);
      await delay(PAUSE_MS);
    }
  }

  /** With the escape sequences of its colours. */
  async readColored(): Promise<string> {
    return this.#tmux('capture-pane', '-e', '-p', '-N');
  }

  /** A variable of tmux, such as `alternate_on`. */
  async ask(variable: string): Promise<string> {
    return (await this.#tmux('display-message', '-p', `#{${variable}}`)).trim();
  }

  /** The shell that the program runs in. */
  async pid(): Promise<number> {
    return Number(await this.ask('pane_pid'));
  }

  /** Resolves with the program's exit code once it has ended. */
  async ended(): Promise<number> {
    await this.until((screen) => END.test(screen), 'the program has ended');
    return Number(END.exec(await this.read())?.[1]);
  }

  /** Hangs up on what still runs in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux('kill-server').catch(() => {});
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    // -u: the screen is UTF-8, whatever the locale of a bare machine says.
    const { stdout } = await run('tmux', ['-u', '-S', join(this.#folder, 'tmux'), ...args], {
      env: plainEnvironment(),
    });
    return stdout;
  }
}

/** Without what would change colours, and without the tmux that we may run in. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { TMUX: _outer, NO_COLOR: _no, FORCE_COLOR: _force, NODE_OPTIONS: _options, ...rest } = process.env;
  return { ...rest, TERM: 'xterm-256color' };
}

/** The processes that descend from one, itself included, each as `pid command`. */
export function processTree(root: number): string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' });
  const all = stdout.split('\n').flatMap((line) => {
    const found = /^ *(\d+) +(\d+) (.*)$/.exec(line);
    return found === null ? [] : [{ pid: Number(found[1]), parent: Number(found[2]), command: found[3] }];
  });
  const pids = new Set([root]);
  // A child's id may be lower than its parent's: go over them until nobody is added.
  for (let size = 0; size !== pids.size;) {
    size = pids.size;
    for (const { pid, parent } of all) if (pids.has(parent)) pids.add(pid);
  }
  return all.filter(({ pid }) => pids.has(pid)).map(({ pid, command }) => `${pid} ${command}`);
}
