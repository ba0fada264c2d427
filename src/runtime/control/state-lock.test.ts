import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempFolder } from '../../../test/support/access-log.ts';
import { StateLock } from './state-lock.ts';

const MODULE = new URL('./state-lock.ts', import.meta.url).href;

describe('the lock of a folder', () => {
  it('the lock of a folder is one process’s until that gives it back, and leaves nothing behind', async (t) => {
    const folder = join(tempFolder(t), 'new', 'state');
    const { lock } = await StateLock.take(folder);
    assert.ok(lock?.isHeld);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.equal(statSync(join(folder, 'lock')).mode & 0o777, 0o600);
    assert.deepEqual(await StateLock.take(folder), { lock: null, heldBy: process.pid });
    assert.deepEqual(readdirSync(folder), ['lock']);
    lock.release();
    assert.deepEqual(readdirSync(folder), []);
    const { lock: again } = await StateLock.take(folder);
    assert.ok(again?.isHeld);
  });

  it('the lock of a folder cannot be had while another process has it, and is free when that was killed', async (t) => {
    const folder = tempFolder(t);
    const code = `
      const { StateLock } = await import(${JSON.stringify(MODULE)});
      await StateLock.take(${JSON.stringify(folder)});
      console.log('taken');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    assert.deepEqual(await StateLock.take(folder), { lock: null, heldBy: child.pid });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { lock } = await StateLock.take(folder);
    assert.ok(lock?.isHeld);
  });

  it('the lock of a folder that names a process with another start, or none at all, is nobody’s', async (t) => {
    const pid = execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim();
    for (const text of [`${process.pid} 1 0000`, `${pid} 5 0000`, 'nonsense', '-1 0 x', '']) {
      const folder = tempFolder(t);
      writeFileSync(join(folder, 'lock'), text);
      const { lock } = await StateLock.take(folder);
      assert.ok(lock?.isHeld, text);
    }
  });

  it('the lock of a folder is had by one of many who find a dead one at the same time', async (t) => {
    for (let round = 0; round < 20; round++) {
      const folder = tempFolder(t);
      writeFileSync(join(folder, 'lock'), 'dead 0 0');
      const taken = await Promise.all(Array.from({ length: 8 }, () => StateLock.take(folder)));
      const holders = taken.filter(({ lock }) => lock?.isHeld === true);
      assert.equal(holders.length, 1);
    }
  });

  it('the lock of a folder that somebody else has taken meanwhile is not given back', async (t) => {
    const folder = tempFolder(t);
    const { lock } = await StateLock.take(folder);
    writeFileSync(join(folder, 'lock'), 'another');
    assert.equal(lock?.isHeld, false);
    lock.release();
    assert.ok(existsSync(join(folder, 'lock')));
    assert.equal(readFileSync(join(folder, 'lock'), 'utf8'), 'another');
  });
});
