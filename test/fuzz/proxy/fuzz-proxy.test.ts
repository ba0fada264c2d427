/** The short run; the long one is `npm run fuzz -- --level proxy`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzProxyHeaders } from './fuzz-proxy.ts';

test('mutated PROXY headers get the same verdict whole and byte by byte, which is that of a slow reader', () => {
  const { disagreement, verdicts } = fuzzProxyHeaders(5000, 20261);
  assert.equal(disagreement, null, disagreement ?? '');
  // The generator still makes all kinds.
  for (const kind of ['done', 'bad', 'none', 'more']) assert.ok((verdicts[kind] ?? 0) > 50, JSON.stringify(verdicts));
});
