import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closestName } from './closest-name.ts';
import { Mistake } from './errors.ts';
import { parseDuration, parseSize } from './units.ts';

describe('parseDuration', () => {
  it('parseDuration gives milliseconds', () => {
    const cases = {
      '1ms': 1,
      '500ms': 500,
      '5s': 5000,
      '1.5s': 1500,
      '2 m': 120_000,
      '1h': 3_600_000,
      '24d': 2_073_600_000,
    };
    for (const [text, ms] of Object.entries(cases)) assert.equal(parseDuration(text), ms, text);
  });
  it('parseDuration refuses what has no unit, nothing, too long a time and everything else', () => {
    for (const value of [5, '5', '0s', '0.1ms', '25d', '5 sec', '5S', '-1s', '1e3s', '', ' 5s', null, {}, ['5s']]) {
      assert.ok(parseDuration(value) instanceof Mistake, JSON.stringify(value));
    }
  });
});

describe('parseSize', () => {
  it('parseSize gives bytes', () => {
    const cases = {
      '1B': 1,
      '64KiB': 65_536,
      '16MiB': 16_777_216,
      '1.5GiB': 1_610_612_736,
      '10kB': 10_000,
      '2 MB': 2_000_000,
    };
    for (const [text, bytes] of Object.entries(cases)) assert.equal(parseSize(text), bytes, text);
  });
  it('parseSize refuses what has no unit, nothing, too large a size and everything else', () => {
    for (const value of [64, '64', '0B', '10m', '10k', '99999999TiB', '1 KByte', '-1B', '', null, {}]) {
      assert.ok(parseSize(value) instanceof Mistake, JSON.stringify(value));
    }
  });
});

describe('a unit of another program', () => {
  const questionOf = (read: number | Mistake): string => (read instanceof Mistake ? read.cure : String(read));
  it('a unit of another program is asked back as ours: m is a mebibyte to nginx and HAProxy', () => {
    const sizes = { '10m': '10MiB', '10M': '10MiB', '1.5g': '1.5GiB', '8k': '8KiB', '64kib': '64KiB', '2mb': '2MiB' };
    for (const [text, meant] of Object.entries(sizes)) {
      assert.equal(questionOf(parseSize(text)), `Did you mean "${meant}"?`);
    }
    const times = { '5sec': '5s', '10 min': '10m', '1hr': '1h', '500msec': '500ms', '2days': '2d', '5S': '5s' };
    for (const [text, meant] of Object.entries(times)) {
      assert.equal(questionOf(parseDuration(text)), `Did you mean "${meant}"?`);
    }
  });
  it('a unit of another program is only named where its meaning cannot be known', () => {
    for (const text of ['1x', '1 fortnight', '1constructor']) {
      assert.match(questionOf(parseSize(text)), /^Write a number and one of/);
      assert.match(questionOf(parseDuration(text)), /^Write a number and one of/);
    }
  });
});

describe('closestName', () => {
  const names = ['round-robin', 'least-connections', 'random', 'policy'];
  it('closestName finds a name through dropped, added, changed and swapped letters, and in any case', () => {
    const cases = {
      'round-robn': 'round-robin',
      polciy: 'policy',
      POLICY: 'policy',
      randomm: 'random',
      'least-conections': 'least-connections',
    };
    for (const [word, name] of Object.entries(cases)) assert.equal(closestName(word, names), name);
  });
  it('closestName finds none where all are far', () => {
    for (const word of ['fastest', 'x', '']) assert.equal(closestName(word, names), null);
  });
});
