/**
 * Writes lines to a descriptor, one write at a time, and knows of every line whether it has left: on a full disk the
 * system takes a part of what it is given and refuses the rest, and what it refuses is counted to the line.
 */
import { close, write } from 'node:fs';
import type { LogSink, SinkEvents } from './log-sink.ts';

/** Text that may wait for a slow reader or disk; beyond it whole pieces are dropped. */
const MOST_WAITING = 8 * 1024 * 1024;
/** A pipe whose reader is slow takes nothing for the moment. */
const FULL_PIPE_MS = 20;
const LINE_END = 10;

/** The file behind a descriptor, which may become another one between two pieces. */
export interface ChangingFile {
  /** The last line of the file has no end: the next one begins on a line of its own. */
  readonly isTorn: boolean;
  /** Hears what was written. True: the file is to be put aside before anything else is. */
  grew(bytes: number): boolean;
  /** Puts the file aside where `isAside`, and opens it anew in any case. Resolves to the new descriptor. */
  renew(isAside: boolean): Promise<number>;
  /** Calls back whenever the file has become too old; until `settled` is called. */
  onAge(due: () => void): void;
  /** Resolves when nothing is left to do with files that were put aside. */
  settled(): Promise<void>;
}

export class DescriptorSink implements LogSink {
  readonly #file: ChangingFile | null;
  readonly #events: SinkEvents;
  #descriptor: number;
  readonly #queue: Buffer[] = [];
  /** Bytes of the first piece that have been written. */
  #offset = 0;
  #isBusy = false;
  #isDead = false;
  /** The end of a line that somebody else has torn is on its way; it is no line of ours. */
  #isMending = false;
  #wants: 'nothing' | 'open' | 'put aside' = 'nothing';
  #idle: PromiseWithResolvers<undefined> | null = null;
  waiting = 0;

  /** `file`: null where the descriptor is all there is, and not ours to close. */
  constructor(descriptor: number, file: ChangingFile | null, events: SinkEvents) {
    this.#descriptor = descriptor;
    this.#file = file;
    this.#events = events;
    this.#mend();
    file?.onAge(() => this.#renewSoon('put aside'));
  }

  write(text: Buffer): void {
    if (this.#isDead || this.waiting > MOST_WAITING) {
      this.#events.onDrop(countLines(text));
      return;
    }
    this.#push(text);
    if (!this.#isBusy) this.#next();
  }

  reopen(): void {
    if (this.#file !== null) this.#renewSoon('open');
  }

  async end(): Promise<void> {
    if (this.#isBusy) {
      this.#idle ??= Promise.withResolvers();
      await this.#idle.promise;
    }
    await this.#file?.settled();
    if (this.#isDead) return;
    this.#isDead = true;
    this.#close();
  }

  // ———

  #push(bytes: Buffer): void {
    this.#queue.push(bytes);
    this.waiting += bytes.length;
  }

  #mend(): void {
    if (this.#file?.isTorn !== true) return;
    this.#isMending = true;
    this.#push(Buffer.from('\n'));
  }

  #renewSoon(what: 'open' | 'put aside'): void {
    if (this.#isDead || this.#wants === 'put aside') return;
    this.#wants = what;
    if (!this.#isBusy) this.#next();
  }

  #next(): void {
    this.#isBusy = true;
    if (this.#wants !== 'nothing' && this.#offset === 0) {
      void this.#renew();
      return;
    }
    const [piece] = this.#queue;
    if (piece === undefined) {
      this.#rest();
      return;
    }
    write(this.#descriptor, piece, this.#offset, piece.length - this.#offset, null, (error, written) => {
      if (error === null) this.#wrote(piece, written);
      else if (error.code === 'EAGAIN') setTimeout(() => this.#next(), FULL_PIPE_MS);
      else this.#die(error);
    });
  }

  #wrote(piece: Buffer, written: number): void {
    this.#isMending = false;
    this.waiting -= written;
    this.#offset += written;
    if (this.#offset === piece.length) {
      this.#queue.shift();
      this.#offset = 0;
    }
    if (this.#file?.grew(written) === true) this.#wants = 'put aside';
    this.#next();
  }

  /** Between two pieces, so that no line begins in one file and ends in another. */
  async #renew(): Promise<void> {
    const isAside = this.#wants === 'put aside';
    const old = this.#descriptor;
    this.#wants = 'nothing';
    try {
      this.#descriptor = await (this.#file as ChangingFile).renew(isAside);
      close(old, () => {});
      this.#next();
    } catch (error) {
      this.#die(error as Error);
    }
  }

  #rest(): void {
    this.#isBusy = false;
    this.#idle?.resolve(undefined);
    this.#idle = null;
  }

  /** The other side is gone, or the disk is full: one error says so, the rest would be the same. */
  #die(error: Error): void {
    this.#isDead = true;
    const left = Buffer.concat(this.#queue.splice(0)).subarray(this.#offset);
    const lost = countLines(left) - (this.#isMending ? 1 : 0);
    this.waiting = 0;
    if (lost > 0) this.#events.onDrop(lost);
    this.#events.onTrouble(error);
    this.#close();
    this.#rest();
  }

  #close(): void {
    if (this.#file === null) return;
    void this.#file.settled();
    // What has been written has left; nothing is to be done about an error here.
    close(this.#descriptor, () => {});
  }
}

/** A line that has lost its beginning is lost; one that has lost its end as well. */
function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, at + 1)) lines++;
  return lines;
}
