import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { durationOption, portOption, shareOption } from './option-parsers.ts';

describe('an option of the command line', () => {
  test('takes a time with a unit, or nothing at all', () => {
    assert.equal(durationOption('20ms'), 20);
    assert.equal(durationOption('1.5s'), 1500);
    assert.equal(durationOption('0'), 0);
    assert.throws(() => durationOption('20'), /a time needs a unit/);
    assert.throws(() => durationOption('soon'), /is not a time/);
  });

  test('takes a share as a fraction or in percent', () => {
    assert.equal(shareOption('0.25'), 0.25);
    assert.equal(shareOption('25%'), 0.25);
    assert.equal(shareOption('1'), 1);
    for (const text of ['2', '101%', '-0.1', 'half', '']) assert.throws(() => shareOption(text), /Write a share/, text);
  });

  test('takes a port, 0 for a free one', () => {
    assert.equal(portOption('0'), 0);
    assert.equal(portOption('65535'), 65_535);
    for (const text of ['65536', '-1', '80a', '']) assert.throws(() => portOption(text), /Write a port/, text);
  });
});
