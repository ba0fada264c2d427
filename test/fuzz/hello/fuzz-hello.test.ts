/** The short run; the long one is `npm run fuzz -- --level hello`. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fuzzHellos } from './fuzz-hello.ts';

it('the reader of hellos reads whole, byte by byte and cut at random as a parser does that is written otherwise', () => {
  const { runs, verdicts, disagreement } = fuzzHellos(3000, 20260);
  assert.equal(disagreement, null, disagreement ?? '');
  // The generator still makes all kinds.
  assert.ok(
    verdicts.done > runs / 10 && verdicts.bad > runs / 10 && verdicts.more > runs / 20,
    JSON.stringify(verdicts),
  );
});
