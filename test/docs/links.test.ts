/** Links between pages lead somewhere. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findHeadingIds, findLinks, readPage, readPages } from './pages.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

describe('a link in the documentation', () => {
  for (const page of readPages()) {
    it(`a link in the documentation leads to a file and a heading that are there: ${page.path}`, () => {
      const broken = findLinks(page).filter(({ target }) => {
        const [file, anchor] = target.split('#');
        const path = file === '' ? page.path : join(dirname(page.path), file);
        if (!existsSync(join(ROOT, path))) return true;
        return anchor !== undefined && path.endsWith('.md') && !findHeadingIds(readPage(path)).has(anchor);
      });
      assert.deepEqual(broken, []);
    });
  }
});
