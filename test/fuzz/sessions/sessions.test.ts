/** The short run; the long one is `run.ts --level session`. A failure prints its seed, the bytes and all readings. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fuzzSessionRequests } from './fuzz-requests.ts';
import { fuzzSessionResponses } from './fuzz-responses.ts';

const RUNS = 2000;
const SEED = 20260;

describe('a data plane between Node and Node', () => {
  it('a data plane between Node and Node forwards each request as it was meant, answers in order, and keeps what Node refuses from its endpoints', async () => {
    const report = await fuzzSessionRequests(RUNS, SEED);
    assert.equal(report.disagreement, null, report.disagreement ?? '');
    assert.equal(report.runs, RUNS);
    // The generator still makes both kinds.
    assert.ok(report.messages > RUNS && report.refusedByNode > RUNS / 10);
  });

  it('a data plane between Node and Node brings each response as it was meant, or one of its own, or one that nobody takes for whole', async () => {
    const report = await fuzzSessionResponses(RUNS, SEED);
    assert.equal(report.disagreement, null, report.disagreement ?? '');
    assert.equal(report.runs, RUNS);
    assert.ok(report.messages > RUNS / 3 && report.refusedByNode > RUNS / 10);
    assert.ok(report.reusedWithoutBody > RUNS / 100, `${report.reusedWithoutBody} connections were used again`);
  });
});
