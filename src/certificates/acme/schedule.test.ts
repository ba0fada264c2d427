import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../../core/random.ts';
import { renewalTime, waitAfterFailure } from './schedule.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

describe('a renewal', () => {
  it('a renewal is due at two thirds of the life of a certificate, up to a tenth earlier or later', () => {
    const life = { validFrom: 1000 * DAY_MS, validTo: 1090 * DAY_MS };
    const random = createSeededRandom(7);
    const days = Array.from({ length: 500 }, () => (renewalTime(life, random) - life.validFrom) / DAY_MS);
    assert.ok(Math.min(...days) >= 54 && Math.min(...days) < 55, String(Math.min(...days)));
    assert.ok(Math.max(...days) <= 66 && Math.max(...days) > 65, String(Math.max(...days)));
  });

  it('a renewal of a certificate that lives for six days leaves time for many tries', () => {
    const latest = renewalTime({ validFrom: 0, validTo: 6 * DAY_MS }, { next: () => 1 });
    assert.ok(6 * DAY_MS - latest >= 1.6 * DAY_MS);
  });
});

describe('a wait after failures', () => {
  it('a wait after failures is a minute at first, and doubles up to twelve hours', () => {
    const minutes = Array.from({ length: 13 }, (_none, i) => waitAfterFailure(i + 1, 0) / MINUTE_MS);
    assert.deepEqual(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 720, 720, 720]);
    assert.equal(waitAfterFailure(10_000, 0), 12 * HOUR_MS);
  });

  it('a wait after failures is as long as the authority asks for, but not for ever', () => {
    assert.equal(waitAfterFailure(1, 90 * MINUTE_MS), 90 * MINUTE_MS);
    assert.equal(waitAfterFailure(9, 1000), 256 * MINUTE_MS);
    assert.equal(waitAfterFailure(1, 365 * DAY_MS), 7 * DAY_MS);
  });
});
