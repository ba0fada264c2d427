/** The example in docs/testing.md is a test that passes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findExamples, readPages } from './pages.ts';

const SUBPATH = "'fairlead/testing'";

test('an example of a test with fairlead/testing passes as it stands in the documentation', (context) => {
  const examples = readPages()
    .flatMap(findExamples)
    .filter(({ language, text }) => language === 'ts' && text.includes(SUBPATH) && text.includes('test('))
    // Those of middleware test a module that stands in another example.
    .filter(({ text }) => !text.includes("from './"));
  assert.ok(examples.length > 0);
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-testing-page-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const source = new URL('../../src/testing/testing.ts', import.meta.url).href;
  const files = examples.map(({ text }, index) => {
    const file = join(folder, `example-${index}.ts`);
    writeFileSync(file, text.replaceAll(SUBPATH, `'${source}'`));
    return file;
  });
  const run = spawnSync(process.execPath, ['--test', ...files], { encoding: 'utf8', env: withoutTestContext() });
  assert.equal(run.status, 0, run.stdout);
  assert.match(run.stdout, new RegExp(`pass ${examples.length}\\b`));
});

/** A runner within a runner would report to the outer one. */
function withoutTestContext(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  delete env['NODE_TEST_CONTEXT'];
  return env;
}
