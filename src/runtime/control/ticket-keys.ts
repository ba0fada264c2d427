/**
 * Keys that session tickets are encrypted with: the same in every thread, so that a client may come back to any of them,
 * and changed now and then, so that one that gets lost opens the traffic of some hours and not of years. Those before
 * still open the tickets made with them. Where there is a folder for it they are kept there, and go on after a restart.
 *
 * Two processes may have the same folder, as while one takes the place of the other. Each of them takes up what the other
 * has written, and adds its own: no key is lost, and after a look or two both make tickets with the same one. A lock would
 * be the one's for as long as it runs, and the other would keep nothing.
 */
import { randomBytes } from 'node:crypto';
import {
  NO_TICKET_KEYS,
  formatTicketKeys,
  readStoredTicketKeys,
  writeStoredTicketKeys,
} from '../../certificates/stored-ticket-keys.ts';
import type { DatedTicketKey, FoundTicketKeys } from '../../certificates/stored-ticket-keys.ts';
import { MOST_TICKET_KEYS, TICKET_KEY_BYTES, TICKET_KEY_NAME_BYTES } from '../../certificates/ticket-keys.ts';
import type { Cancel, Scheduler } from '../../checks/scheduler.ts';
import type { Clock } from '../../core/clock.ts';
import { Turns } from './turns.ts';
import { codeOrText } from '../../machine/error-code.ts';

const HOUR_MS = 3_600_000;
/** A ticket is good for two hours by itself. */
const ROTATE_MS = 12 * HOUR_MS;
const KEEP_MS = 24 * HOUR_MS;
/** Clocks of machines jump, and another process may have made a key. */
const LOOK_MS = HOUR_MS;
const CURE = 'Make stateDir writable, and see that the disk has room.';

export interface TicketKeysOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** There are others than before. */
  onChange(): void;
  /** Something is, or was, wrong with the file in the folder: sentences. Once, as long as it stays the same. */
  onTrouble(message: string): void;
}

/** What a folder holds; `''`: they are kept nowhere. */
export interface LoadedTicketKeys {
  readonly folder: string;
  readonly found: FoundTicketKeys;
}

export class TicketKeys {
  readonly #options: TicketKeysOptions;
  #folder = '';
  /** Newest first. */
  #keys: readonly DatedTicketKey[] = [];
  #trouble = '';
  /** Of a file that was replaced: on some file systems it is there again at every look. */
  #fault = '';
  readonly #writes = new Turns();
  #cancel: Cancel = () => {};
  #isClosed = false;

  constructor(options: TicketKeysOptions) {
    this.#options = options;
  }

  /** Changes nothing. */
  async load(folder: string): Promise<LoadedTicketKeys> {
    return { folder, found: folder === '' ? NO_TICKET_KEYS : await readStoredTicketKeys(folder) };
  }

  /** From now on they are kept there. Those that there are stay. True: there are others than before. */
  settle({ folder, found }: LoadedTicketKeys): boolean {
    if (folder !== this.#folder) this.#trouble = '';
    this.#folder = folder;
    return this.#take(found);
  }

  /** The one that tickets are made with, then those before. None before the first {@link settle}. */
  get all(): readonly Uint8Array[] {
    return this.#keys.map(({ bytes }) => bytes);
  }

  /** What was told and still holds; `''`: nothing. */
  get trouble(): string {
    return this.#trouble;
  }

  /** They change no more. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  // ———

  #take(found: FoundTicketKeys): boolean {
    const now = this.#options.clock.wallTime();
    const before = this.#keys;
    // Of two with one name the one in use stays: what a file says of its age may be wrong.
    this.#keys = keysAt(now, [...before, ...found.keys]);
    this.#wakeLater(now);
    if (found.fault === '') this.#fault = '';
    if (this.#folder !== '' && found.text !== formatTicketKeys(this.#keys)) void this.#write(found.fault);
    return before.length !== this.#keys.length || before.some(({ bytes }, place) => bytes !== this.#keys[place].bytes);
  }

  #wakeLater(now: number): void {
    this.#cancel();
    if (this.#isClosed) return;
    const [newest, oldest] = [this.#keys[0], this.#keys[this.#keys.length - 1]];
    const dueAt = Math.min(newest.madeAt + ROTATE_MS, oldest.madeAt + KEEP_MS);
    this.#cancel = this.#options.scheduler.after(Math.min(dueAt - now, LOOK_MS), () => this.#wake());
  }

  #wake(): void {
    if (this.#folder === '') this.#look(NO_TICKET_KEYS);
    else void this.#readAgain(this.#folder);
  }

  async #readAgain(folder: string): Promise<void> {
    const found = await readStoredTicketKeys(folder);
    // Otherwise a config has named another one meanwhile.
    if (!this.#isClosed && folder === this.#folder) this.#look(found);
  }

  #look(found: FoundTicketKeys): void {
    if (this.#take(found)) this.#options.onChange();
  }

  /** `fault`: of the file that they take the place of. */
  async #write(fault: string): Promise<void> {
    const [folder, keys] = [this.#folder, this.#keys];
    const why = await this.#writes.take(() => writeStoredTicketKeys(folder, keys)).then(() => '', codeOrText);
    if (this.#isClosed || folder !== this.#folder) return;
    const [troubleBefore, faultBefore] = [this.#trouble, this.#fault];
    this.#trouble = why === '' ? '' : `it cannot be written (${why}), and sessions end with this process. ${CURE}`;
    if (this.#trouble !== '' && this.#trouble !== troubleBefore) this.#options.onTrouble(this.#trouble);
    if (why !== '' || fault === faultBefore) return;
    this.#fault = fault;
    if (fault !== '') this.#options.onTrouble(`${fault}. It is replaced: sessions of its keys begin anew.`);
  }
}

/** Those of them that are good now, newest first, and a new one where it is time for one. */
function keysAt(now: number, known: readonly DatedTicketKey[]): readonly DatedTicketKey[] {
  const named = new Map<string, DatedTicketKey>();
  for (const { bytes, madeAt } of known) {
    const name = Buffer.from(bytes.subarray(0, TICKET_KEY_NAME_BYTES)).toString('hex');
    // One from the future was made by a clock that has been set back since.
    if (!named.has(name)) named.set(name, { bytes, madeAt: Math.min(madeAt, now) });
  }
  const good = [...named.values()].filter(({ madeAt }) => now - madeAt < KEEP_MS).sort(byAge);
  const isDue = good.length === 0 || now - good[0].madeAt >= ROTATE_MS;
  const keys = isDue ? [{ bytes: randomBytes(TICKET_KEY_BYTES), madeAt: now }, ...good] : good;
  return keys.slice(0, MOST_TICKET_KEYS);
}

/** In the same order for every process. */
function byAge(one: DatedTicketKey, other: DatedTicketKey): number {
  return other.madeAt - one.madeAt || Buffer.compare(one.bytes, other.bytes);
}
