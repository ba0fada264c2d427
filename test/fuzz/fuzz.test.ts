/** The short run; the long one is `run.ts`. A failure prints its seed, the bytes and both readings. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fuzzRequests, fuzzResponses } from './fuzz.ts';
import { OurParser } from './our-parser.ts';

const RUNS = 4000;
const SEED = 20260;

describe("Fairlead's parsers beside Node's", () => {
  it("Fairlead's parsers refuse what Node refuses, and read the same requests with the same ends", async () => {
    const report = await fuzzRequests(new OurParser(), RUNS, SEED);
    assert.equal(report.disagreement, null, report.disagreement ?? '');
    assert.equal(report.runs, RUNS);
    // The generator still makes both kinds.
    assert.ok(report.accepted > RUNS / 2 && report.refusedByNode > RUNS / 10);
  });

  it("Fairlead's parsers refuse what Node refuses, and read the same responses with the same ends", async () => {
    const report = await fuzzResponses(new OurParser(), RUNS, SEED);
    assert.equal(report.disagreement, null, report.disagreement ?? '');
    assert.equal(report.runs, RUNS);
    assert.ok(report.accepted > RUNS / 4 && report.refusedByNode > RUNS / 10);
  });
});
