/** The page of the library is what its doc comments say, and nothing that is exported is without one. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { writeApiPage } from '../../scripts/docs/api-page.ts';
import { PACKAGE_ROOT } from '../../scripts/docs/pages.ts';
import * as library from '../../src/index.ts';

describe('docs/api.md', () => {
  let page: Awaited<ReturnType<typeof writeApiPage>>;
  before(async () => {
    page = await writeApiPage();
  });

  it('docs/api.md finds every export described, and every type that one meets exported', () => {
    assert.deepEqual(page.complaints, []);
  });

  it('docs/api.md is fresh: npm run docs', () => {
    assert.equal(readFileSync(join(PACKAGE_ROOT, page.path), 'utf8'), page.text, 'docs/api.md is stale: npm run docs');
  });

  it('docs/api.md has a heading for everything that can be imported and run', () => {
    for (const name of Object.keys(library)) assert.match(page.text, new RegExp(`^### ${name}(\\(\\))?$`, 'm'));
  });
});
