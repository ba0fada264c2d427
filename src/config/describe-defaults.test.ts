/** `fairlead config --defaults` is a config that says what holds without it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { buildConfig } from './build.ts';
import { listConfigKeys, toYaml } from './config-keys.ts';
import { describeConfigDefaults } from './describe-defaults.ts';

/** The text with every key that has no default in it as well. */
function uncomment(text: string): string {
  return text.replaceAll(/^( *)#(?! )/gm, '$1');
}

describe('describeConfigDefaults', () => {
  const text = describeConfigDefaults();

  it('describeConfigDefaults returns the config that has its pool and nothing else', () => {
    const expected = buildConfig({ pools: { web: ['localhost:8081'] } });
    assert.ok(!Array.isArray(expected));
    assert.deepEqual(buildConfig(parse(text)), expected);
  });

  it('describeConfigDefaults writes every key', () => {
    for (const { path, sameAs } of listConfigKeys()) {
      // Those that mean what they mean elsewhere are written there.
      if (sameAs !== null) continue;
      const name = path.split('.').at(-1) ?? '';
      assert.match(text, new RegExp(`^[ #-]*${name.replace('$', '\\$')}:`, 'm'), path);
    }
  });

  it('describeConfigDefaults returns YAML with its commented keys in it, level by level', () => {
    // The first uncovers keys of pieces that were taken out as a whole; they exclude each other only for the parser.
    const once = uncomment(text);
    for (const layer of [once, uncomment(once)]) assert.doesNotThrow(() => parse(layer) as unknown, layer);
    assert.ok(!/^ *#(?! )/m.test(uncomment(uncomment(once))));
  });

  it('describeConfigDefaults has no line of more than 100 characters', () => {
    assert.deepEqual(
      text.split('\n').filter((line) => line.length > 100),
      [],
    );
  });
});

describe('toYaml', () => {
  it('toYaml quotes what would be read as something else, and nothing more', () => {
    for (const value of [
      'off',
      ':80',
      '*.example.com',
      '[::1]:80',
      'a, b',
      '1',
      'true',
      '',
      '^/img/.*',
      'fd00::/8',
      'a: b',
      '#',
    ]) {
      assert.deepEqual(parse(toYaml(value)), value);
      assert.deepEqual(parse(toYaml({ a: [value, { b: value }] })), { a: [value, { b: value }] });
    }
    assert.equal(toYaml({ a: ['off', 5, true] }), '{ a: [off, 5, true] }');
    assert.equal(toYaml(':80'), '":80"');
  });
});
