/** Whoever copies an example from the documentation gets a config that works. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { formatConfigErrors } from '../../src/config/errors.ts';
import { parseConfig } from '../../src/config/load.ts';
import { findExamples, readPages } from './pages.ts';

const EXAMPLES = readPages()
  .flatMap(findExamples)
  .filter(({ language }) => language === 'yaml');

describe('an example of a config in the documentation', () => {
  for (const { place, text } of EXAMPLES) {
    it(`at ${place} is YAML`, () => {
      assert.doesNotThrow(() => parse(text) as unknown);
    });

    // Without pools it is a piece of a config, or something else.
    if (!/^pools:/m.test(text)) continue;
    it(`at ${place} is a valid config`, () => {
      const parsed = parseConfig(text, place);
      assert.ok('config' in parsed, 'errors' in parsed ? formatConfigErrors(parsed.errors) : '');
    });
  }

  it('is there on each page about a capability', () => {
    for (const name of ['routing', 'balancing', 'health', 'http', 'headers', 'timeouts', 'retries', 'configuration']) {
      const page = `docs/${name}.md:`;
      assert.ok(
        EXAMPLES.some(({ place, text }) => place.startsWith(page) && text.includes('pools:')),
        page,
      );
    }
  });
});
