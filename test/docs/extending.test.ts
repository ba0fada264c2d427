/** The code on docs/extending.md is the code of the files it names. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { codesIn, findExamples, findTableRows, readPage } from './pages.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const page = readPage('docs/extending.md');

/** The file that the marker above an example names. */
function sourceOf(place: string): string {
  const fence = Number(place.slice(place.indexOf(':') + 1)) - 1;
  const marker = page.lines.slice(0, fence).findLast((line) => line !== '') ?? '';
  return /^<!-- from: (\S+) -->$/.exec(marker)?.[1] ?? '';
}

describe('the page about extending', () => {
  const examples = findExamples(page);

  it('the page about extending shows a policy, a check, a key and a step', () => {
    assert.ok(examples.length >= 8);
    for (const room of ['src/core/balancer/', 'src/checks/', 'src/config/', 'src/steps/'])
      assert.ok(
        examples.some(({ place }) => sourceOf(place).startsWith(room)),
        room,
      );
  });

  for (const { place, text } of examples) {
    it(`the page about extending has at ${place} what stands in ${sourceOf(place)}`, () => {
      const file = join(ROOT, sourceOf(place));
      assert.ok(sourceOf(place) !== '' && existsSync(file), `no file is named above ${place}`);
      assert.ok(readFileSync(file, 'utf8').includes(text), `${place} is not in ${sourceOf(place)}`);
    });
  }

  it('the page about extending names files that are there', () => {
    for (const { cells, place } of findTableRows(page))
      for (const path of codesIn(cells[0])) assert.ok(existsSync(join(ROOT, path)), `${place}: ${path}`);
  });
});
