import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { tempFolder } from '../../test/support/access-log.ts';
import { Findings, describeFinding } from './finding.ts';
import { readTicketKeys } from './ticket-keys.ts';

async function read(t: TestContext, text: string, mode = 0o600): Promise<{ keys: string[] | null; said: string[] }> {
  const file = join(tempFolder(t), 'tickets.key');
  writeFileSync(file, text, { mode });
  chmodSync(file, mode);
  const findings = new Findings('ticketKeys');
  const keys = await readTicketKeys(file, findings);
  const said = findings.all.map((finding) => describeFinding(finding).replace(file, 'file'));
  return { keys: keys?.map((key) => Buffer.from(key).toString('base64')) ?? null, said };
}

const [A, B] = [randomBytes(48).toString('base64'), randomBytes(48).toString('base64')];

describe('a file of ticket keys', () => {
  it('a file of ticket keys has one a line, in its order, and empty lines', async (t) => {
    assert.deepEqual(await read(t, `${A}\n${B}\n`), { keys: [A, B], said: [] });
    assert.deepEqual(await read(t, `\r\n${B}\r\n\r\n${A}`), { keys: [B, A], said: [] });
  });

  it('a file of ticket keys is refused with what is wrong in it, and nothing of a key', async (t) => {
    const half = randomBytes(24).toString('base64');
    const twin = Buffer.concat([Buffer.from(A, 'base64').subarray(0, 16), randomBytes(32)]).toString('base64');
    const wrong: Readonly<Record<string, RegExp>> = {
      '\n': /^file: it holds no key\. Write one key a line/,
      [`${A}\n${half}\n`]: /^file: line 2 is not 48 bytes in base64\. Write/,
      [`${A}${B}`]: /^file: line 1 is not 48 bytes/,
      [`# newest\n${A}`]: /^file: line 1 is not 48 bytes/,
      [`${A}\n${twin}\n`]: /^file: two of its keys begin with the same 16 bytes/,
      [`${A}\n${A}\n`]: /^file: two of its keys begin with the same 16 bytes/,
      [Array.from({ length: 9 }, () => randomBytes(48).toString('base64')).join('\n')]: /^file: it holds 9 keys, and 8/,
    };
    for (const [text, expected] of Object.entries(wrong)) {
      const { keys, said } = await read(t, text);
      assert.equal(keys, null, text);
      assert.equal(said.length, 1);
      assert.match(said[0], expected);
      assert.ok(!said[0].includes(A.slice(0, 8)) && !said[0].includes(half.slice(0, 8)));
    }
  });

  it('a file of ticket keys that everybody can read is warned of', async (t) => {
    const { keys, said } = await read(t, A, 0o644);
    assert.deepEqual(keys, [A]);
    assert.match(said.join(), /^file: every user of this machine can read the key in it\. Run: chmod o-rwx/);
  });
});
