/** Whoever copies an example from the documentation gets a config that works. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { buildConfig } from '../../src/config/build.ts';
import { formatConfigErrors } from '../../src/config/errors.ts';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { parseConfig } from '../../src/config/load.ts';
import { findExamples, readPages } from './pages.ts';

const ALL = readPages().flatMap(findExamples);
const EXAMPLES = ALL.filter(({ language }) => language === 'yaml');
/** They have no types of their own, so that they are JavaScript as well. */
const TYPESCRIPT = ALL.filter(({ language, text }) => language === 'ts' && text.includes('defineConfig('));

const isRightInEditor = new Ajv2020({ strict: false }).compile(configJsonSchema());

describe('an example of a config in the documentation', () => {
  for (const { place, text } of EXAMPLES) {
    it(`an example of a config in the documentation at ${place} is YAML`, () => {
      assert.doesNotThrow(() => parse(text) as unknown);
    });

    // Without pools it is a piece of a config, or something else.
    if (!/^pools:/m.test(text)) continue;
    it(`an example of a config in the documentation at ${place} is a valid config`, () => {
      const parsed = parseConfig(text, place);
      assert.ok('config' in parsed, 'errors' in parsed ? formatConfigErrors(parsed.errors) : '');
    });

    it(`an example of a config in the documentation at ${place} is right in an editor`, () => {
      assert.ok(isRightInEditor(parse(text)), JSON.stringify(isRightInEditor.errors));
    });
  }

  for (const { place, text } of TYPESCRIPT) {
    it(`an example of a config in the documentation at ${place} is a valid config in TypeScript`, async () => {
      const url = new URL('../../src/config/define-config.ts', import.meta.url).href;
      const module = `data:text/javascript,${encodeURIComponent(text.replace("'fairlead'", `'${url}'`))}`;
      const { default: config } = (await import(module)) as { readonly default: unknown };
      assert.ok(!Array.isArray(buildConfig(config)), JSON.stringify(buildConfig(config)));
    });
  }

  it('each page about a capability has an example of a config', () => {
    for (const name of ['routing', 'balancing', 'health', 'http', 'headers', 'timeouts', 'retries', 'configuration']) {
      const page = `docs/${name}.md:`;
      assert.ok(
        EXAMPLES.some(({ place, text }) => place.startsWith(page) && text.includes('pools:')),
        page,
      );
    }
  });
});
