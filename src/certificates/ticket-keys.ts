/** The file of session ticket keys that several machines share. */
import type { Findings } from './finding.ts';
import { readText, warnOfReaders } from './read-file.ts';

/** 16 that name the key in tickets, 16 that sign them, 16 that encrypt them. */
export const TICKET_KEY_BYTES = 48;
/** What stands in a ticket, so that whoever gets it back knows the key. */
export const TICKET_KEY_NAME_BYTES = 16;
/** Of old tickets nobody needs more; each may cost a context of its own. */
export const MOST_TICKET_KEYS = 8;
const LINE = /^[A-Za-z0-9+/]{64}$/;
const CURE = 'Write one key a line, the newest first, each as openssl rand -base64 48 prints it.';

/** Newest first. Null: they cannot be used, which is then among the findings. Nothing of a key is. */
export async function readTicketKeys(file: string, findings: Findings): Promise<readonly Uint8Array[] | null> {
  const text = await readText(file, '', findings);
  if (text === null) return null;
  await warnOfReaders(file, '', findings);
  const lines = text
    .split('\n')
    .map((line, index) => ({ text: line.trim(), number: index + 1 }))
    .filter((line) => line.text !== '');
  if (lines.length === 0) return findings.mistake('', file, 'it holds no key', CURE);
  if (lines.length > MOST_TICKET_KEYS) {
    const message = `it holds ${lines.length} keys, and ${MOST_TICKET_KEYS} are the most`;
    return findings.mistake('', file, message, 'Leave the oldest ones out, which are the last.');
  }
  const bad = lines.find((line) => !LINE.test(line.text));
  if (bad !== undefined)
    return findings.mistake('', file, `line ${bad.number} is not ${TICKET_KEY_BYTES} bytes in base64`, CURE);
  const keys = lines.map((line) => Buffer.from(line.text, 'base64'));
  const names = new Set(keys.map((key) => key.toString('hex', 0, TICKET_KEY_NAME_BYTES)));
  if (names.size === keys.length) return keys;
  return findings.mistake(
    '',
    file,
    `two of its keys begin with the same ${TICKET_KEY_NAME_BYTES} bytes, which name them`,
    CURE,
  );
}
