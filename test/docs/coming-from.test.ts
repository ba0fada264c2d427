/** What the pages for newcomers say of defaults and of converted configs is so. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { convert } from '../../src/init/convert.ts';
import { writeDraft } from '../../src/init/write-draft.ts';
import { listConfigKeys } from '../../src/config/config-keys.ts';
import type { Config } from '../../src/config/config.ts';
import { formatConfigErrors } from '../../src/config/errors.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Balancer } from '../../src/runtime/balancer.ts';
import { codesIn, findExamples, findTableRows, readPages } from './pages.ts';

const PAGES = readPages().filter(({ path }) => path.startsWith('docs/coming-from-'));
const DEFAULTS = new Map(listConfigKeys().map((key) => [key.path, key.default]));

/** Configs of formats that `fairlead init --from` reads. */
const CONVERTED = new Map([
  ['nginx', 'nginx.conf'],
  ['haproxy', 'haproxy.cfg'],
  ['json', 'proxy.conf.json'],
]);

function read(text: string, place: string): Config {
  const parsed = parseConfig(text, place, { env: {} });
  assert.ok('config' in parsed, 'errors' in parsed ? formatConfigErrors(parsed.errors) : '');
  return parsed.config;
}

/** A program as a reader has it, but for the port, which is a free one. */
async function run(text: string): Promise<{ readonly balancer: Balancer }> {
  const library = new URL('../../src/index.ts', import.meta.url).href;
  const program = text.replace("'fairlead'", `'${library}'`).replaceAll('127.0.0.1:8080', '127.0.0.1:0');
  const module = `${program}\nexport { balancer };`;
  return (await import(`data:text/javascript,${encodeURIComponent(module)}`)) as { readonly balancer: Balancer };
}

describe('a page for those who come from another proxy', () => {
  for (const page of PAGES) {
    const rows = findTableRows(page).filter(({ columns }) => columns.at(-1) === 'ours');

    it(`a page for those who come from another proxy has a table of defaults: ${page.path}`, () =>
      assert.ok(rows.length >= 5, String(rows.length)));

    for (const { cells, place } of rows) {
      it(`a page for those who come from another proxy gives a default that is so at ${place}`, () => {
        const [key, ours] = cells.slice(-2).map((cell) => codesIn(cell)[0]);
        assert.equal(ours, DEFAULTS.get(key), key);
      });
    }

    const examples = findExamples(page);
    for (const [index, { language, text, place }] of examples.entries()) {
      const file = CONVERTED.get(language);
      if (file === undefined) continue;
      it(`a page for those who come from another proxy shows below the example at ${place} what init makes of it`, async () => {
        const { draft, notes } = await convert(text, file);
        assert.ok(draft !== null);
        const beside = examples.slice(index + 1).find((example) => example.language === 'yaml');
        assert.ok(beside !== undefined);
        assert.deepEqual(read(writeDraft(draft, notes, []), 'fairlead.yaml'), read(beside.text, beside.place));
      });
    }
  }

  const programs = PAGES.flatMap(findExamples).filter(({ language }) => language === 'ts');
  for (const { place, text } of programs) {
    it(
      `a page for those who come from another proxy has a program that runs at ${place}`,
      { timeout: 60_000 },
      async () => {
        const { balancer } = await run(text);
        const [{ endpoints }] = balancer.stats().pools;
        await balancer.close({ force: true });
        assert.deepEqual(
          endpoints.map(({ endpoint }) => endpoint),
          ['localhost:3001', 'localhost:3002', 'localhost:3003'],
        );
      },
    );
  }

  it('a page for those who come from another proxy has examples for the converter in nginx, HAProxy and JSON, and a program', () => {
    const languages = new Set(PAGES.flatMap(findExamples).map(({ language }) => language));
    const wanted = [...CONVERTED.keys(), 'ts'];
    assert.deepEqual(
      wanted.filter((language) => !languages.has(language)),
      [],
    );
  });
});
