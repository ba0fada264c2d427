import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KindsServed, LATELY_MS, requestKind, withoutUpgrade } from './request-kinds.ts';

const GET = requestKind('GET', '/', false);
const POST = requestKind('POST', '/', false);

test('a plain GET is always evidence, whatever has succeeded', () => {
  const kinds = new KindsServed();
  assert.equal(kinds.isEvidence(GET, 0), true);
  kinds.served(POST, 0);
  assert.equal(kinds.isEvidence(GET, 2 * LATELY_MS), true);
});

for (const [name, kind] of [
  ['HEAD', requestKind('HEAD', '/', false)],
  ['PUT', requestKind('PUT', '/', false)],
  ['PROPFIND', requestKind('PROPFIND', '/', false)],
  ['OPTIONS *', requestKind('OPTIONS', '*', false)],
  ['a GET with Range', requestKind('GET', '/', true)],
] as const) {
  test(`${name} is evidence for ten minutes after it has succeeded, and not before`, () => {
    const kinds = new KindsServed();
    kinds.served(GET, 0);
    assert.equal(kinds.isEvidence(kind, 1), false);
    kinds.served(kind, 1000);
    assert.equal(kinds.isEvidence(kind, 1000), true);
    assert.equal(kinds.isEvidence(kind, 999 + LATELY_MS), true);
    assert.equal(kinds.isEvidence(kind, 1000 + LATELY_MS), false);
  });
}

test('a method does not vouch for another, nor a path for the whole server, nor a whole answer for a part', () => {
  const kinds = new KindsServed();
  kinds.served(requestKind('OPTIONS', '/', false), 0);
  kinds.served(GET, 0);
  assert.equal(kinds.isEvidence(requestKind('PATCH', '/', false), 0), false);
  assert.equal(kinds.isEvidence(requestKind('OPTIONS', '*', false), 0), false);
  assert.equal(kinds.isEvidence(requestKind('GET', '/', true), 0), false);
});

test('methods nobody has registered are never evidence, since a client may make up as many as it likes', () => {
  const kinds = new KindsServed();
  kinds.served(requestKind('BREW', '/', false), 0);
  assert.equal(kinds.isEvidence(requestKind('BREW', '/', false), 0), false);
  assert.equal(requestKind('get', '/', false), requestKind('BREW', '/', false));
});

test('a POST is evidence while nothing has succeeded; once something has, it must have been a POST', () => {
  const kinds = new KindsServed();
  assert.equal(kinds.isEvidence(POST, 0), true);
  kinds.served(GET, 0);
  assert.equal(kinds.isEvidence(POST, 0), false);
  kinds.served(POST, 0);
  assert.equal(kinds.isEvidence(POST, 0), true);
});

test('an upgrade says something about a server that has answered nothing, and an upgrade that was refused makes none known', () => {
  const upgrade = requestKind('GET', '/', false, true);
  const kinds = new KindsServed();
  assert.equal(kinds.isEvidence(upgrade, 0), true);
  kinds.served(withoutUpgrade(upgrade), 0);
  assert.equal(kinds.isEvidence(upgrade, 0), false);
  kinds.served(upgrade, 0);
  kinds.served(requestKind('GET', '/', false), LATELY_MS - 1);
  assert.deepEqual(
    [0, LATELY_MS - 1, LATELY_MS].map((now) => kinds.isEvidence(upgrade, now)),
    [true, true, false],
  );
});
