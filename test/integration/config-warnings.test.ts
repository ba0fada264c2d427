/** What a config is warned of is said by each command that reads it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { until } from '../support/until.ts';

it('check, run and a reload warn of an endpoint that is a listener of the same config', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-loop-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'fairlead.yaml');
  const socket = `unix:${join(folder, 'web.sock')}`;
  writeFileSync(file, `threads: 1\nlisteners: { web: "${socket}" }\npools: { web: ["${socket}"] }\n`);
  const warning = `pool web: ${socket} is the listener web of this config, which leads back to this pool`;
  await using checked = new FairleadProcess(['check', file]);
  assert.equal((await checked.ended).code, 0);
  assert.ok(checked.stderr.includes(warning), checked.stderr);
  await using running = new FairleadProcess(['run', file]);
  const times = (): number => running.stderr.split(warning).length - 1;
  const said = (): string => running.stdout + running.stderr;
  await until(() => times() === 1, said);
  running.kill('SIGHUP');
  await until(() => times() === 2, said);
});
