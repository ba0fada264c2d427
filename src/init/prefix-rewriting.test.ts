import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mayMeet, readReplacement, toRewriting } from './prefix-rewriting.ts';

describe('rewriting by pattern', () => {
  it('rewriting by pattern becomes a cut prefix, or another in its place', () => {
    for (const [pattern, template, expected] of [
      ['^/api/(.*)$', '/$1', { stripPrefix: '/api' }],
      ['/api/(.*)', '/\\1', { stripPrefix: '/api' }],
      ['/api(/.*)?', '\\1', { stripPrefix: '/api' }],
      ['/api(/)?(.*)', '/\\2', { stripPrefix: '/api' }],
      ['^/api/?(.*)', '/v2/$1', { replacePrefix: { prefix: '/api', by: '/v2' } }],
    ] as const) {
      const found = readReplacement(pattern, template);
      assert.ok(found !== null, pattern);
      assert.deepEqual(toRewriting(found), expected);
    }
  });

  it('rewriting by pattern is not taken over where it does more than replace a prefix', () => {
    for (const [pattern, template] of [
      ['/(.*)', '/app/$1'],
      ['^/user/(\\d+)$', '/users?id=$1'],
      ['(.*)\\.php', '\\1.html'],
      ['^/api/(.*)$', '/fixed'],
      ['^/a/(.*)/b/(.*)$', '/$2'],
    ] as const) {
      assert.equal(readReplacement(pattern, template), null, pattern);
    }
  });

  it('rewriting by pattern concerns a route only where one of its paths may have the prefix', () => {
    assert.ok(mayMeet('/api', false, '/api'));
    assert.ok(mayMeet('/api/x', true, '/api'));
    assert.ok(mayMeet('/', true, '/api'));
    assert.ok(!mayMeet('/', false, '/api'));
    assert.ok(!mayMeet('/other', true, '/api'));
  });
});
