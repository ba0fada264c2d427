/**
 * Keys of session tickets that are there after a restart: a file of `stateDir`, for its owner alone. A line for each, the
 * newest first: when it was made, and its bytes in base64.
 */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOrText } from '../machine/error-code.ts';
import { FileRefused, readRegularFile } from '../machine/regular-file.ts';
import { MOST_TICKET_KEYS, TICKET_KEY_BYTES } from './ticket-keys.ts';
import { writeWhole } from '../machine/write-whole.ts';

export interface DatedTicketKey {
  readonly bytes: Uint8Array;
  /** When it was made, wall-clock milliseconds since 1970. */
  readonly madeAt: number;
}

export interface FoundTicketKeys {
  readonly keys: readonly DatedTicketKey[];
  /** The file as {@link formatTicketKeys} writes it; `''`: there is none that can be used. */
  readonly text: string;
  /** Why it cannot be used; `''`: it can, or there is none. */
  readonly fault: string;
}

export const NO_TICKET_KEYS: FoundTicketKeys = Object.freeze({ keys: [], text: '', fault: '' });

const LINE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([A-Za-z0-9+/]{64})$/;
const OF_OTHERS = 0o007;

export function ticketKeysFile(stateDir: string): string {
  return join(stateDir, 'ticket-keys');
}

/** Changes nothing, and never rejects. */
export async function readStoredTicketKeys(stateDir: string): Promise<FoundTicketKeys> {
  const file = ticketKeysFile(stateDir);
  try {
    const text = (await readRegularFile(file)).toString('latin1');
    if (await isOpenToOthers(file)) return unusable('every user of this machine can read or change it');
    const keys = parse(text);
    return keys === null ? unusable('it is not as Fairlead has written it') : { keys, text, fault: '' };
  } catch (error) {
    if (error instanceof FileRefused) return unusable(error.message);
    const code = codeOrText(error);
    return code === 'ENOENT' ? NO_TICKET_KEYS : unusable(`it cannot be read (${code})`);
  }
}

/** Whole or not at all. Rejects where nothing can be written there. */
export async function writeStoredTicketKeys(stateDir: string, keys: readonly DatedTicketKey[]): Promise<void> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  await writeWhole(ticketKeysFile(stateDir), formatTicketKeys(keys));
}

export function formatTicketKeys(keys: readonly DatedTicketKey[]): string {
  return keys
    .map(({ bytes, madeAt }) => `${new Date(madeAt).toISOString()} ${Buffer.from(bytes).toString('base64')}\n`)
    .join('');
}

function unusable(fault: string): FoundTicketKeys {
  return { ...NO_TICKET_KEYS, fault };
}

/** What others have read opens sessions for them, and what they have written does as well. */
async function isOpenToOthers(file: string): Promise<boolean> {
  return process.platform !== 'win32' && ((await stat(file)).mode & OF_OTHERS) !== 0;
}

/** Null: it is none of ours. */
function parse(text: string): readonly DatedTicketKey[] | null {
  const lines = text.trimEnd().split('\n');
  if (lines.length > MOST_TICKET_KEYS) return null;
  const keys: DatedTicketKey[] = [];
  for (const line of lines) {
    const [, time = '', key = ''] = LINE.exec(line) ?? [];
    const [madeAt, bytes] = [Date.parse(time), Buffer.from(key, 'base64')];
    if (Number.isNaN(madeAt) || bytes.length !== TICKET_KEY_BYTES) return null;
    keys.push({ bytes, madeAt });
  }
  return keys;
}
