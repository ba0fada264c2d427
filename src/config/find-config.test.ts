import assert from 'node:assert/strict';
import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CONFIG_NAMES, findConfig } from './find-config.ts';

test('the config of a folder is the first of the names that is there', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-find-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'other.yaml'), '');
  assert.equal(await findConfig(folder), null);
  for (const name of CONFIG_NAMES) await writeFile(join(folder, name), '');
  for (const name of CONFIG_NAMES) {
    assert.equal(await findConfig(folder), name);
    await unlink(join(folder, name));
  }
  assert.equal(await findConfig(join(folder, 'nowhere')), null);
});
