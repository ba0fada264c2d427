import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Latencies } from './latencies.ts';

function known(): Latencies {
  const latencies = new Latencies();
  latencies.keep(Int32Array.of(0, 1), Int32Array.of(0, 0), 0);
  return latencies;
}

describe('what is known of the times of endpoints', () => {
  it('what is known of the times of endpoints takes a slower answer as a whole, and halves every 10 s down to what answers take now', () => {
    const latencies = known();
    assert.equal(latencies.of(0, 0), 0);
    latencies.observe(0, 20, true, 0);
    latencies.observe(0, 800, true, 0);
    assert.equal(latencies.of(0, 0), 800);
    latencies.observe(0, 20, true, 5000);
    assert.equal(Math.round(latencies.of(0, 10_000)), 400);
    latencies.observe(0, 20, true, 10_000);
    assert.equal(Math.round(latencies.of(0, 10_000)), 400);
    latencies.observe(0, 300, true, 30_000);
    assert.equal(latencies.of(0, 30_000), 300);
    assert.equal(latencies.of(0, 60_000), 37.5, 'silence counts the same');
    assert.equal(latencies.of(1, 60_000), 0);
  });

  it('what is known of the times of endpoints does not take a quick failure for a quick answer', () => {
    const latencies = known();
    latencies.observe(0, 0.5, false, 0);
    assert.equal(latencies.of(0, 0), 1000, 'of one that is unknown');
    latencies.observe(1, 40, true, 0);
    latencies.observe(1, 0.5, false, 0);
    assert.equal(latencies.of(1, 0), 80);
    for (let failure = 0; failure < 20; failure++) latencies.observe(1, 0.5, false, 0);
    assert.equal(latencies.of(1, 0), 10_000);
    latencies.observe(1, 30_000, false, 0);
    assert.equal(latencies.of(1, 0), 30_000, 'it did take that long');
  });

  it('what is known of the times of endpoints outlives a new config, and not the owner of a row', () => {
    const latencies = known();
    latencies.observe(0, 20, true, 0);
    latencies.observe(1, 30, true, 0);
    latencies.keep(Int32Array.of(1, 0, 17), Int32Array.of(0, 1, 0), 0);
    assert.deepEqual(
      [0, 1, 17].map((slot) => latencies.of(slot, 0)),
      [0, 30, 0],
    );
  });
});
