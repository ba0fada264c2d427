import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'node:test';

for (const engine of ['handle', 'onread']) {
  test(
    `${engine}: at the descriptor limit a dial fails as ours, and a listener survives pausing and handing over`,
    { timeout: 30_000 },
    async () => {
      const script = fileURLToPath(new URL('./transport-limit-process.ts', import.meta.url));
      const command = 'ulimit -n 64 && exec "$0" "$1" "$2"';
      const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command, process.execPath, script, engine]);
      assert.equal(stdout, 'still listening');
    },
  );
}
