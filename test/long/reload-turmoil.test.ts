/** The turmoil of test/integration/reload-turmoil.test.ts again and again, on a machine that is busy with itself. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const TURMOIL = fileURLToPath(new URL('../integration/reload-turmoil.test.ts', import.meta.url));
const TURNS = Number(process.env['TURNS'] ?? 200);
/** What makes the machine busy: each turn has to share a processor with two others. */
const AT_ONCE = 3 * availableParallelism();

it('turmoils by the hundred on a busy machine, each in an order of its own, lose nothing', async (t) => {
  const first = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);
  t.diagnostic(`seeds from ${first} on`);
  const failures: string[] = [];
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun < TURNS) {
      const seed = first + begun++;
      const { code, output } = await runTurmoil(seed);
      if (code === 0) continue;
      failures.push(String(seed));
      console.error(`SEED=${seed} ended with ${code}:\n${output}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  assert.deepEqual(failures, [], `seeds that failed, of ${TURNS}`);
});

function runTurmoil(seed: number): Promise<{ code: number | null; output: string }> {
  const { NODE_TEST_CONTEXT: _runner, ...env } = process.env;
  const child = spawn(process.execPath, [TURMOIL], { env: { ...env, SEED: String(seed) } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
