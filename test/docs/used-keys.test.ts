/** No key of the config is there without a test that fails when it is ignored. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { listConfigKeys } from '../../src/config/config-keys.ts';
import { isWrittenIn, readBehaviourTests, readFixtures, settingsBy } from './used-keys.ts';

const PATHS = listConfigKeys().map(({ path }) => path);
const OWN = listConfigKeys().filter(({ sameAs }) => sameAs === null);
const LEAVES = OWN.map(({ path }) => path).filter((path) => !PATHS.some((other) => other.startsWith(`${path}.`)));

/** Editors read the first; the second is gone when the files it names have been read, which has tests of its own. */
const NOT_FOR_THE_PARSER = new Set(['$schema', 'include']);

const FIXTURES = readFixtures();
const EXAMPLES = new Map(listConfigKeys().map(({ path, example }) => [path, parseYaml(example) as unknown]));
const settingsOf = (path: string): readonly string[] =>
  FIXTURES.flatMap((fixture) => settingsBy(fixture, path, EXAMPLES.get(path)));

describe('a key of the config', () => {
  it('a key of the config changes what a fixture becomes', () => {
    const ignored = PATHS.filter((path) => !NOT_FOR_THE_PARSER.has(path) && settingsOf(path).length === 0);
    assert.deepEqual(ignored, []);
  });

  it('a key of the config is used, by its name or that of the setting it makes, in a test of what the program does with it', () => {
    const tests = readBehaviourTests();
    const untested = LEAVES.filter((path) => {
      const names = [path.split('.').at(-1) ?? '', ...settingsOf(path)];
      return !NOT_FOR_THE_PARSER.has(path) && !tests.some((one) => isWrittenIn(one, names));
    });
    assert.deepEqual(untested, []);
  });
});
