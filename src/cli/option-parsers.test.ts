import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  countOption,
  durationOption,
  headerOption,
  pathOption,
  portOption,
  positiveDurationOption,
  serverNameOption,
  shareOption,
  urlOption,
} from './option-parsers.ts';

describe('an option of the command line', () => {
  test('an option of the command line takes a time with a unit, or nothing at all', () => {
    assert.equal(durationOption('20ms'), 20);
    assert.equal(durationOption('1.5s'), 1500);
    assert.equal(durationOption('0'), 0);
    assert.throws(() => durationOption('20'), /a time needs a unit/);
    assert.throws(() => durationOption('soon'), /is not a time/);
    assert.throws(() => positiveDurationOption('0'), /a time needs a unit/);
  });

  test('an option of the command line takes a share as a fraction or in percent', () => {
    assert.equal(shareOption('0.25'), 0.25);
    assert.equal(shareOption('25%'), 0.25);
    assert.equal(shareOption('1'), 1);
    for (const text of ['2', '101%', '-0.1', 'half', '']) assert.throws(() => shareOption(text), /Write a share/, text);
  });

  test('an option of the command line takes a path that begins with a slash, or a URL', () => {
    for (const text of ['/v1/x', '/', 'http://a.example/x']) assert.equal(pathOption(text), text);
    for (const text of ['', 'foo', '*']) assert.throws(() => pathOption(text), /begins with a slash/, text);
  });

  test('an option of the command line takes a port, 0 for a free one', () => {
    assert.equal(portOption('0'), 0);
    assert.equal(portOption('65535'), 65_535);
    for (const text of ['65536', '-1', '80a', '']) assert.throws(() => portOption(text), /Write a port/, text);
  });

  test('an option of the command line takes a whole number within bounds', () => {
    const parse = countOption(1, 64);
    assert.deepEqual(['1', '64'].map(parse), [1, 64]);
    for (const text of ['0', '65', '1.5', '-1', '1e1', '']) assert.throws(() => parse(text), /from 1 to 64/, text);
  });

  test('an option of the command line takes header lines, one after another, and none that could become two', () => {
    const first = headerOption('x-a: 1');
    assert.deepEqual(headerOption('Authorization:Basic a:b', first), { 'x-a': '1', Authorization: 'Basic a:b' });
    for (const text of ['x-a', ': 1', 'x a: 1', 'x: 1\r\ny: 2', '']) {
      assert.throws(() => headerOption(text), /a name, a colon and a value/, text);
    }
  });

  test('an option of the command line takes an address, of http where it does not say', () => {
    assert.equal(urlOption('localhost:8080/a?b'), 'http://localhost:8080/a?b');
    assert.equal(urlOption('HTTPS://Example.com'), 'https://example.com/');
    assert.equal(urlOption('[::1]:80'), 'http://[::1]/');
    for (const text of ['', 'http://', 'a b', 'localhost:99999', 'ftp://localhost/', 'ws://localhost:80/'])
      assert.throws(() => urlOption(text), /an address/, text);
  });

  test('an option of the command line takes the place of a name in an answer', () => {
    assert.deepEqual(serverNameOption('header:X-Backend'), { in: 'header', name: 'x-backend' });
    assert.deepEqual(serverNameOption('json:Server'), { in: 'json', name: 'Server' });
    for (const text of ['x-backend', 'header:', 'cookie:a']) assert.throws(() => serverNameOption(text), /header:NAME/);
  });

  test('an option of the command line is refused with a word to the user, whatever stands there', () => {
    const parsers = [
      durationOption,
      shareOption,
      portOption,
      countOption(0, 9),
      headerOption,
      urlOption,
      serverNameOption,
    ];
    const isFine = (text: string): boolean =>
      parsers.every((parse) => {
        try {
          return parse(text) !== undefined;
        } catch (error) {
          return error instanceof Error && 'code' in error && error.code === 'commander.invalidArgument';
        }
      });
    fc.assert(fc.property(fc.string(), isFine));
  });
});
