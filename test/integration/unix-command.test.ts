/** The `fairlead` command with unix sockets, in processes of their own. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { getOver, socketFolder, startUnixServer } from '../support/unix-server.ts';

async function outputOf(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  await using child = new FairleadProcess(args);
  const { code } = await child.ended;
  return { code, stdout: child.stdout, stderr: child.stderr };
}

test('fairlead run listens on a unix socket beside its config, is asked about it, and leaves nothing behind', async (t) => {
  const folder = socketFolder(t);
  const [file, web] = [join(folder, 'fairlead.yaml'), join(folder, 'web.sock')];
  const { address } = await startUnixServer(t, join(folder, 'App.sock'), (_request, response) => response.end('app'));
  writeFileSync(file, 'listeners: { web: unix:web.sock }\npools: { app: unix:App.sock }\nthreads: 2\n');
  const checked = await outputOf('check', file);
  assert.deepEqual([checked.code, checked.stderr], [0, '']);
  assert.match(checked.stdout, new RegExp(`web +unix:${web}\\n`));
  await using running = new FairleadProcess(['run', file]);
  assert.equal(await running.said(/listener web on (\S+)\n/), `unix:${web}`);
  assert.equal(await getOver(web), '200 app');
  const status = await outputOf('status', '-c', file);
  assert.match(status.stdout, new RegExp(`listener +web +unix:${web}\\n`));
  const second = await outputOf('run', file);
  assert.equal(second.code, 69);
  assert.match(
    second.stderr,
    new RegExp(
      `listener web: cannot listen on unix:${web}: another process listens there \\(EADDRINUSE\\)\\. .+another path`,
    ),
  );
  const drained = await outputOf('endpoint', 'drain', `app/${address}`, '-c', file);
  assert.deepEqual([drained.code, drained.stdout], [0, `app/${address} is draining, 0 requests in flight\n`]);
  running.kill('SIGTERM');
  assert.deepEqual(await running.ended, { code: 0, signal: null });
  assert.ok(!existsSync(web));
});
