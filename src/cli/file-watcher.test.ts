import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { until } from '../../test/support/until.ts';
import { FileWatcher } from './file-watcher.ts';

let folder = '';
let changes = 0;
let watcher: FileWatcher;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-watch-'));
  changes = 0;
  watcher = new FileWatcher(() => changes++, 10);
});
afterEach(async () => {
  watcher.close();
  await rm(folder, { recursive: true, force: true });
});

const at = (name: string): string => join(folder, name);

/** Lets a link point elsewhere, in one step. */
async function pointTo(link: string, target: string): Promise<void> {
  await symlink(target, at('.next'));
  await rename(at('.next'), at(link));
}

async function sees(count: number): Promise<void> {
  await until(() => changes >= count, `change ${count} is seen`);
}

describe('a file that is watched', () => {
  test('a file that is watched is seen when it is written, and again', async () => {
    await writeFile(at('a.yaml'), 'a');
    watcher.watch([at('a.yaml')]);
    await writeFile(at('a.yaml'), 'b');
    await sees(1);
    await appendFile(at('a.yaml'), 'c');
    await sees(2);
  });

  test('a file that is watched is seen when another takes its name, as editors save, and afterwards too', async () => {
    await writeFile(at('a.yaml'), 'a');
    watcher.watch([at('a.yaml')]);
    await writeFile(at('.a.swp'), 'b');
    await rename(at('.a.swp'), at('a.yaml'));
    await sees(1);
    await appendFile(at('a.yaml'), 'c');
    await sees(2);
  });

  test('a file that is watched is seen when it was written while it was read, before it was watched again', async () => {
    await writeFile(at('a.yaml'), 'a');
    watcher.watch([at('a.yaml')]);
    watcher.mark();
    await writeFile(at('a.yaml'), 'b');
    watcher.watch([at('a.yaml'), at('b.yaml')]);
    await sees(1);
    watcher.mark();
    watcher.watch([at('a.yaml')]);
    await appendFile(at('a.yaml'), 'c');
    await sees(2);
    assert.equal(changes, 2);
  });

  test('a file that is watched is seen when it goes and when it comes', async () => {
    await writeFile(at('a.yaml'), 'a');
    watcher.watch([at('a.yaml')]);
    await unlink(at('a.yaml'));
    await sees(1);
    await writeFile(at('a.yaml'), 'a');
    await sees(2);
  });

  test('a file that is watched is seen when a link on its way points elsewhere, as a ConfigMap is changed', async () => {
    for (const name of ['v1', 'v2']) {
      await mkdir(at(name));
      await writeFile(join(at(name), 'a.yaml'), 'same');
    }
    await symlink('v1', at('..data'));
    await symlink('..data/a.yaml', at('a.yaml'));
    watcher.watch([at('a.yaml')]);
    await symlink('v2', at('..next'));
    await rename(at('..next'), at('..data'));
    await sees(1);
  });

  test('a file that is watched is seen when a folder on its way is a link that points elsewhere, as a release is changed', async () => {
    for (const name of ['1', '2', '3']) {
      await mkdir(join(at('releases'), name), { recursive: true });
      await writeFile(join(at('releases'), name, 'a.yaml'), 'same');
    }
    await symlink(join('releases', '1'), at('current'));
    watcher.watch([join(at('current'), 'a.yaml')]);
    await pointTo('current', join('releases', '2'));
    await sees(1);
    await pointTo('current', at(join('releases', '3')));
    await sees(2);
    await appendFile(join(at('releases'), '3', 'a.yaml'), 'other');
    await sees(3);
  });

  test('a file that is watched is seen whichever of several links on its way points elsewhere', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'one', 'two']) await mkdir(at(name));
    for (const name of ['a', 'b', 'c', 'd']) await writeFile(join(at(name), 'x.yaml'), 'same');
    await symlink('../a', join(at('one'), 'target'));
    await symlink('../c', join(at('two'), 'target'));
    await symlink('one', at('first'));
    await symlink('first/target', at('second'));
    watcher.watch([join(at('second'), 'x.yaml')]);
    await pointTo(join('one', 'target'), '../b');
    await sees(1);
    await pointTo('first', 'two');
    await sees(2);
    await pointTo(join('two', 'target'), '../d');
    await sees(3);
    await pointTo('second', 'a');
    await sees(4);
  });

  test('a file that is watched is seen when a link on its way was gone for a while', async () => {
    for (const name of ['1', '2']) {
      await mkdir(at(name));
      await writeFile(join(at(name), 'a.yaml'), 'same');
    }
    await symlink('1', at('current'));
    watcher.watch([join(at('current'), 'a.yaml')]);
    await unlink(at('current'));
    await sees(1);
    watcher.watch([join(at('current'), 'a.yaml')]);
    await symlink('2', at('current'));
    await sees(2);
  });

  test('a file that is watched is seen when the folder it lies in is another one of that name', async () => {
    for (const name of ['conf', 'next']) {
      await mkdir(at(name));
      await writeFile(join(at(name), 'a.yaml'), 'same');
    }
    watcher.watch([join(at('conf'), 'a.yaml')]);
    await rename(at('conf'), at('old'));
    await rename(at('next'), at('conf'));
    await sees(1);
    await appendFile(join(at('conf'), 'a.yaml'), 'other');
    await sees(2);
  });

  test('a file that is watched is seen when it comes back after its folder was no folder, or a link in a circle', async () => {
    await mkdir(at('conf'));
    await writeFile(join(at('conf'), 'a.yaml'), 'a');
    watcher.watch([join(at('conf'), 'a.yaml')]);
    await rename(at('conf'), at('away'));
    await writeFile(at('conf'), 'no folder');
    await sees(1);
    await pointTo('conf', 'conf');
    await appendFile(join(at('away'), 'a.yaml'), 'b');
    await pointTo('conf', 'away');
    await sees(2);
  });

  test('a file that is watched is seen though another one beside it is written all the time', async () => {
    await writeFile(at('a.yaml'), 'a');
    watcher.close();
    watcher = new FileWatcher(() => changes++, 200);
    watcher.watch([at('a.yaml')]);
    const noise = setInterval(() => appendFileSync(at('access.log'), 'a line\n'), 2);
    try {
      await writeFile(at('a.yaml'), 'b');
      await sees(1);
    } finally {
      clearInterval(noise);
    }
  });

  test('a file that is watched is not changed by what happens to others beside it', async () => {
    await writeFile(at('a.yaml'), 'a');
    watcher.watch([at('a.yaml')]);
    await writeFile(at('b.yaml'), 'b');
    await writeFile(at('a.yaml'), 'b');
    await sees(1);
    assert.equal(changes, 1);
  });
});

test('a folder that is watched is seen when files come and go', async () => {
  await mkdir(at('pools.d'));
  watcher.watch([at('pools.d')]);
  await writeFile(join(at('pools.d'), 'a.yaml'), '');
  await sees(1);
  await unlink(join(at('pools.d'), 'a.yaml'));
  await sees(2);
});

test('another list of files takes the place of the one before', async () => {
  await mkdir(at('old'));
  await mkdir(at('new'));
  watcher.watch([join(at('old'), 'a')]);
  watcher.watch([join(at('new'), 'a')]);
  await writeFile(join(at('old'), 'a'), '');
  await writeFile(join(at('new'), 'a'), '');
  await sees(1);
  assert.equal(changes, 1);
});

test('a folder that is not there is no error', () => {
  watcher.watch([join(at('nowhere'), 'a.yaml')]);
});
