/**
 * A terminal that is redrawn in place, on its alternate screen, so that its content from before is there afterwards.
 * Whatever ends the process except SIGKILL, the terminal is restored.
 */
import { writeSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
/** Between these a terminal that knows them shows nothing half-drawn; others ignore them. */
const BEGIN_FRAME = '\u001b[?2026h';
const END_FRAME = '\u001b[?2026l';
/** `process.stdout`, where that is a terminal. */
export type TerminalOutput = WriteStream & { readonly fd: number };

const DEFAULT_SIZE = { columns: 80, rows: 24 };

export class Screen {
  readonly #output: TerminalOutput;
  readonly #input: ReadStream;
  readonly #leave = (): void => this.leave();
  #isEntered = false;
  #last = '';

  constructor(output: TerminalOutput, input: ReadStream) {
    this.#output = output;
    this.#input = input;
  }

  /** Without the last one: clearing the rest of a line from there would take its last character. */
  get columns(): number {
    return (this.#output.columns || DEFAULT_SIZE.columns) - 1;
  }

  get rows(): number {
    return this.#output.rows || DEFAULT_SIZE.rows;
  }

  /** NO_COLOR and FORCE_COLOR are kept. */
  get isColored(): boolean {
    return this.#output.hasColors();
  }

  enter(): void {
    this.#isEntered = true;
    process.on('exit', this.#leave);
    // Before Node prints the exception, which the alternate screen would swallow.
    process.on('uncaughtExceptionMonitor', this.#leave);
    this.#input.setRawMode(true);
    this.#output.write(ENTER);
  }

  /** In one write, over what was there; nothing if nothing has changed, or the terminal does not keep up. */
  show(lines: readonly string[]): void {
    const frame = lines.map((line) => line + CLEAR_LINE).join('\r\n');
    if (frame === this.#last || !this.#isEntered || this.#output.writableNeedDrain) return;
    this.#last = frame;
    this.#output.write(BEGIN_FRAME + HOME + frame + CLEAR_BELOW + END_FRAME);
  }

  /** The next frame is drawn whatever stood there. */
  forget(): void {
    this.#last = '';
  }

  /** A second time it does nothing. */
  leave(): void {
    if (!this.#isEntered) return;
    this.#isEntered = false;
    process.off('exit', this.#leave);
    process.off('uncaughtExceptionMonitor', this.#leave);
    try {
      this.#input.setRawMode(false);
      // Not through the stream: a process that is ending would not wait for it.
      writeSync(this.#output.fd, LEAVE);
    } catch {
      // The terminal has gone.
    }
  }
}
