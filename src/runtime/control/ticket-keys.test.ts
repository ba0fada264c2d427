import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { tempFolder } from '../../../test/support/access-log.ts';
import { FakeToday } from '../../../test/support/fake-time.ts';
import { until } from '../../../test/support/until.ts';
import { formatTicketKeys, ticketKeysFile } from '../../certificates/stored-ticket-keys.ts';
import type { Clock } from '../../core/clock.ts';
import { TicketKeys } from './ticket-keys.ts';

const HOUR_MS = 3_600_000;
const HALF_DAY_MS = 12 * HOUR_MS;

interface Kept {
  readonly keys: TicketKeys;
  readonly troubles: readonly string[];
  /** How often there have been others. */
  changes(): number;
}

/** What a process has once it has settled this folder. */
async function open(t: TestContext, time: FakeToday, folder: string, clock: Clock = time): Promise<Kept> {
  const troubles: string[] = [];
  let changes = 0;
  const keys = new TicketKeys({
    ...{ clock, scheduler: time },
    onChange: () => changes++,
    onTrouble: (message) => troubles.push(message),
  });
  t.after(() => keys.close());
  keys.settle(await keys.load(folder));
  return { keys, troubles, changes: () => changes };
}

function hexOf({ keys }: Kept): readonly string[] {
  return keys.all.map((key) => Buffer.from(key).toString('hex'));
}

/** What the file holds, once it holds what this process has. */
async function written(folder: string, kept: Kept): Promise<readonly string[]> {
  const read = (): readonly string[] => {
    const text = existsSync(ticketKeysFile(folder)) ? readFileSync(ticketKeysFile(folder), 'latin1') : '';
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => Buffer.from(line.split(' ')[1] ?? '', 'base64').toString('hex'));
  };
  await until(
    () => read().join() === hexOf(kept).join(),
    () => `the file has the keys of the process: ${read().join()} ${hexOf(kept).join()}`,
  );
  return read();
}

describe('keys of session tickets', () => {
  it('keys of session tickets are changed every 12 hours, and the one before stays for as long', async (t) => {
    const time = new FakeToday();
    const { keys, changes } = await open(t, time, '');
    const seen = [keys.all];
    assert.equal(keys.all.length, 1);
    for (let round = 1; round <= 3; round++) {
      time.advance(HALF_DAY_MS - 1);
      assert.equal(changes(), round - 1);
      time.advance(1);
      assert.equal(changes(), round);
      assert.equal(keys.all.length, 2);
      assert.equal(keys.all[1], seen.at(-1)?.[0]);
      seen.push(keys.all);
    }
    const all = seen.map(([newest]) => Buffer.from(newest));
    assert.deepEqual([...new Set(all.map(({ length }) => length))], [48]);
    assert.equal(new Set(all.map((key) => key.toString('hex'))).size, 4);
    keys.close();
    time.advance(2 * HALF_DAY_MS);
    assert.equal(changes(), 3);
  });

  it('keys of session tickets in a folder go on after a restart, until they are a day old', async (t) => {
    const time = new FakeToday();
    const folder = join(tempFolder(t), 'made', 'when', 'needed');
    const first = await open(t, time, folder);
    const [oldest] = await written(folder, first);
    assert.equal(statSync(ticketKeysFile(folder)).mode & 0o777, 0o600);
    first.keys.close();

    time.advance(HALF_DAY_MS - 1);
    const second = await open(t, time, folder);
    assert.deepEqual(hexOf(second), [oldest], 'the process is another one, and the key is the same');
    second.keys.close();

    // Nobody ran when a new one was due: it is made by whoever comes, and opens what the old one has made.
    time.advance(HOUR_MS);
    const third = await open(t, time, folder);
    const both = await written(folder, third);
    assert.equal(both.length, 2);
    assert.equal(both[1], oldest);
    // The day of the old one is over before the half day of the new one is.
    time.advance(HALF_DAY_MS - HOUR_MS + 1);
    await until(() => third.changes() === 1, 'the old key is dropped');
    assert.deepEqual(await written(folder, third), [both[0]]);
    assert.deepEqual(third.troubles, []);
  });

  it('keys of session tickets that were made by a clock which was ahead are changed half a day after it was set back', async (t) => {
    const time = new FakeToday();
    const folder = tempFolder(t);
    const ahead = await open(t, time, folder, {
      now: () => time.now(),
      wallTime: () => time.wallTime() + 400 * HALF_DAY_MS,
    });
    const [key] = await written(folder, ahead);
    ahead.keys.close();
    const now = await open(t, time, folder);
    assert.deepEqual(hexOf(now), [key]);
    time.advance(HALF_DAY_MS);
    await until(() => now.changes() === 1, 'it is changed');
    assert.equal(hexOf(now)[1], key);
    time.advance(HALF_DAY_MS);
    await until(() => now.changes() === 2, 'it is dropped');
    assert.ok(!(await written(folder, now)).includes(key));
  });

  it('keys of session tickets of two processes with one folder become the same, and none is lost', async (t) => {
    const time = new FakeToday();
    const folder = tempFolder(t);
    const one = await open(t, time, folder);
    const [first] = await written(folder, one);
    // As if the other had looked before the first one wrote: of two files at the same time one is lost.
    rmSync(ticketKeysFile(folder));
    const other = await open(t, time, folder);
    const [second] = await written(folder, other);
    assert.notEqual(first, second);
    time.advance(HOUR_MS);
    await until(() => one.changes() === 1, 'the first one has the key of the other');
    await written(folder, one);
    time.advance(HOUR_MS);
    await until(() => other.changes() === 1, 'the other has the key of the first one');
    assert.deepEqual(hexOf(one), hexOf(other));
    assert.deepEqual(hexOf(one).toSorted(), [first, second].toSorted());
  });

  it('keys of session tickets in use stay in use where the folder becomes another one, and are written there', async (t) => {
    const time = new FakeToday();
    const [folder, next] = [tempFolder(t), tempFolder(t)];
    const kept = await open(t, time, folder);
    const [key] = await written(folder, kept);
    const loaded = await kept.keys.load(next);
    assert.equal(existsSync(ticketKeysFile(next)), false, 'to load it changes nothing');
    assert.equal(kept.keys.settle(loaded), false);
    assert.deepEqual(await written(next, kept), [key]);
  });

  const damaged = {
    'is cut off': (file: string) => writeFileSync(file, readFileSync(file, 'latin1').slice(0, 60), { mode: 0o600 }),
    'is empty': (file: string) => writeFileSync(file, '', { mode: 0o600 }),
    'has more lines than it ever has': (file: string) =>
      writeFileSync(file, readFileSync(file, 'latin1').repeat(9), { mode: 0o600 }),
    'can be read by every user': (file: string) => chmodSync(file, 0o644),
  };
  for (const [what, damage] of Object.entries(damaged)) {
    it(`a file of ticket keys that ${what} is told of and replaced`, async (t) => {
      const time = new FakeToday();
      const folder = tempFolder(t);
      const first = await open(t, time, folder);
      const [key] = await written(folder, first);
      first.keys.close();
      damage(ticketKeysFile(folder));
      const second = await open(t, time, folder);
      await until(() => second.troubles.length > 0, 'it is told of');
      assert.match(second.troubles.join(), /^[^.]+\. It is replaced: sessions of its keys begin anew\.$/);
      assert.ok(!second.troubles.join().includes(Buffer.from(key, 'hex').toString('base64').slice(0, 8)));
      assert.ok(!(await written(folder, second)).includes(key));
      assert.equal(statSync(ticketKeysFile(folder)).mode & 0o777, 0o600);
      assert.equal(second.keys.trouble, '');
      assert.deepEqual(hexOf(await open(t, time, folder)), hexOf(second));
    });
  }

  it('keys of session tickets that cannot be written are told of once, and written when they can be', async (t) => {
    const time = new FakeToday();
    const folder = join(tempFolder(t), 'state');
    writeFileSync(folder, 'no folder');
    const kept = await open(t, time, folder);
    await until(() => kept.troubles.length > 0, 'it is told of');
    assert.match(
      kept.keys.trouble,
      /^it cannot be written \(\w+\), and sessions end with this process\. Make stateDir writable/,
    );
    rmSync(folder);
    mkdirSync(folder);
    await until(() => {
      time.advance(HOUR_MS / 2);
      return kept.keys.trouble === '';
    }, 'the next look writes them');
    assert.equal((await written(folder, kept)).length, kept.keys.all.length);
    assert.equal(kept.troubles.length, 1);
  });

  it('a file of ticket keys that names a key in use with another age changes nothing', async (t) => {
    const time = new FakeToday();
    const folder = tempFolder(t);
    const kept = await open(t, time, folder);
    const [bytes] = kept.keys.all;
    await written(folder, kept);
    writeFileSync(ticketKeysFile(folder), formatTicketKeys([{ bytes, madeAt: time.wallTime() + 9 * HALF_DAY_MS }]));
    time.advance(HALF_DAY_MS);
    await until(() => kept.changes() === 1, 'it is changed when it is half a day old');
    assert.equal(kept.keys.all[1], bytes);
    await written(folder, kept);
  });
});
