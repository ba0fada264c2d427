import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { tempFolder } from '../../../test/support/access-log.ts';
import { FakeToday } from '../../../test/support/fake-time.ts';
import { until } from '../../../test/support/until.ts';
import { parseAddress } from '../../core/lists/address.ts';
import type { ListHandle } from '../../core/lists/list-handle.ts';
import { Ranges } from '../../core/lists/ranges.ts';
import type { ListSpec } from '../../core/settings.ts';
import type { ListEvent } from './list-event.ts';
import { ListKeeper } from './list-keeper.ts';
import { Turns } from './turns.ts';

const RULES = { allowWide: false, where: null, keys: [] };

function keep(t: TestContext) {
  const time = new FakeToday();
  const published: (readonly ListHandle[])[] = [];
  const events: ListEvent[] = [];
  const keeper = new ListKeeper({
    clock: time,
    scheduler: time,
    turns: new Turns(),
    workerSlots: 2,
    publish: (lists) => published.push(lists),
    onEvent: (event) => events.push(event),
  });
  t.after(() => keeper.close());
  const file = join(tempFolder(t), 'drop.txt');
  const lists: readonly ListSpec[] = [{ name: 'drop', source: { kind: 'file', path: file, rules: RULES } }];
  return { time, keeper, file, lists, published, events };
}

function has(lists: readonly ListHandle[], address: string): boolean {
  const words = new Int32Array(4);
  return new Ranges(lists[0].ranges).has(words, parseAddress(address, words));
}

/** Lets watched files be looked at, and read where they have changed. */
async function look(time: FakeToday, isDone: () => boolean, what: string): Promise<void> {
  await until(() => {
    time.advance(1000);
    return isDone();
  }, what);
}

describe('the keeper of lists', () => {
  it('the keeper of lists takes up a file that has changed, and keeps what it had where that cannot be used', async (t) => {
    const { time, keeper, file, lists, published, events } = keep(t);
    writeFileSync(file, '10.0.0.1\n');
    keeper.settle(await keeper.load({ lists, stateDir: '' }), '');
    assert.equal(published.length, 1);
    writeFileSync(file, '10.0.0.2\n10.0.0.3\n');
    await look(time, () => published.length === 2, 'threads get the new one');
    assert.ok(has(published[1], '10.0.0.2') && !has(published[1], '10.0.0.1'));
    writeFileSync(file, 'no addresses\n');
    await look(time, () => events.some(({ change }) => change === 'unusable'), 'it is said that it cannot be used');
    assert.equal(published.length, 2);
    assert.match(keeper.stats()[0].trouble, /drop\.txt: line 1: 1 of 1 lines are no addresses .*Mend them/);
    assert.equal(keeper.stats()[0].entries, 2);
    rmSync(file);
    await look(time, () => keeper.stats()[0].trouble.includes('ENOENT'), 'it is said that it is gone');
    writeFileSync(file, '10.0.0.2\n10.0.0.3\n');
    await look(time, () => keeper.stats()[0].trouble === '', 'it is as before');
    assert.equal(published.length, 2, 'threads have it already');
    const said = events.map(({ list, change }) => `${list} ${change}`);
    assert.deepEqual(said, ['drop updated', 'drop unusable', 'drop unusable', 'drop updated']);
  });

  it('the keeper of lists refuses a list that was never good, and goes on with one that was, over a reload', async (t) => {
    const { keeper, file, lists, events } = keep(t);
    writeFileSync(file, '0.0.0.0/0\n');
    await assert.rejects(
      keeper.load({ lists, stateDir: '' }),
      /^ListError: list drop: .*line 1: 0\.0\.0\.0\/0 is wider/,
    );
    writeFileSync(file, '10.0.0.1\n');
    keeper.settle(await keeper.load({ lists, stateDir: '' }), '');
    writeFileSync(file, '\n');
    keeper.settle(await keeper.load({ lists, stateDir: '' }), '');
    assert.deepEqual(
      events.map(({ change }) => change),
      ['unusable'],
    );
    assert.equal(keeper.stats()[0].entries, 1);
  });

  it('the keeper of lists warns of lines that it leaves out, once', async (t) => {
    const { keeper, file, lists, events } = keep(t);
    writeFileSync(file, [...Array.from({ length: 200 }, (_, host) => `10.0.0.${host}`), 'what?'].join('\n'));
    keeper.settle(await keeper.load({ lists, stateDir: '' }), '');
    keeper.settle(await keeper.load({ lists, stateDir: '' }), '');
    assert.deepEqual(events, [
      { list: 'drop', change: 'warning', message: 'left out of 201 lines 1 that are no addresses: line 201' },
    ]);
  });

  it('the keeper of lists counts on over reloads, and tells threads when a list has gone', async (t) => {
    const { keeper, file, lists, published } = keep(t);
    writeFileSync(file, '10.0.0.1\n');
    keeper.settle(await keeper.load({ lists, stateDir: '' }), '');
    new Float64Array(published[0][0].hits)[0] = 7;
    keeper.settle(await keeper.load({ stateDir: '' }), '');
    assert.deepEqual(published[1], []);
    keeper.settle(await keeper.load({ lists, stateDir: '' }), '');
    assert.equal(keeper.stats()[0].hits, 7);
  });
});
