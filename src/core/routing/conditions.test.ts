import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCookie, hasHeader, hasParameter } from './conditions.ts';

describe('a header condition', () => {
  const lines = 'Accept: a, b\r\nX-Tenant:  blue \t\r\nx-tenant: red\r\nX-Empty:\r\nX-Tenant-Id: green\r\n';
  const has = (name: string, value: string | null): boolean => hasHeader(lines, { name, value });

  it('finds a name in any case and compares the value without the blanks around it', () => {
    assert.ok(has('x-tenant', 'blue'));
    assert.ok(has('accept', 'a, b'));
  });
  it('is met by any line of the name', () => {
    assert.ok(has('x-tenant', 'red'));
  });
  it('compares the whole value, in its case', () => {
    for (const value of ['blu', 'blue x', 'Blue', 'green', '']) assert.ok(!has('x-tenant', value), value);
  });
  it('asks only for presence where it has no value', () => {
    assert.ok(has('x-empty', null));
    assert.ok(has('x-empty', ''));
    assert.ok(!has('x-absent', null));
    assert.ok(!has('tenant', null));
  });
  it('finds no name inside a value', () => {
    assert.ok(!hasHeader('A: x-tenant: blue\r\n', { name: 'x-tenant', value: 'blue' }));
  });
});

describe('a cookie condition', () => {
  const lines = 'Cookie: a=1; beta=yes ;c="q"; flag\r\nX: y\r\ncookie: d=4=5;e=\r\n';
  const has = (name: string, value: string | null): boolean => hasCookie(lines, { name, value });

  it('finds a pair in any Cookie line', () => {
    assert.ok(has('a', '1'));
    assert.ok(has('beta', 'yes'));
    assert.ok(has('d', '4=5'));
    assert.ok(has('e', ''));
  });
  it('compares name and value exactly, quotes included', () => {
    assert.ok(has('c', '"q"'));
    for (const [name, value] of [
      ['c', 'q'],
      ['A', '1'],
      ['a', '11'],
      ['eta', 'yes'],
      ['d', '4'],
      ['X', 'y'],
    ]) {
      assert.ok(!has(name, value), `${name}=${value}`);
    }
  });
  it('asks only for presence where it has no value', () => {
    assert.ok(has('beta', null));
    assert.ok(!has('flag', null), 'a cookie without an equals sign has no name');
    assert.ok(!has('b', null));
  });
});

describe('a query condition', () => {
  const query = 'a=1&b=x+y&%63=%C3%A9&flag&d=1=2&e=&bad=%ff&worse=%z';
  const has = (name: string, value: string | null): boolean => hasParameter(query, { name, value });

  it('compares names and values as forms decode them', () => {
    assert.ok(has('a', '1'));
    assert.ok(has('b', 'x y'));
    assert.ok(has('c', 'é'));
    assert.ok(has('d', '1=2'));
    assert.ok(has('e', ''));
  });
  it('does not take a plus sign for itself', () => {
    assert.ok(!has('b', 'x+y'));
    assert.ok(hasParameter('b=x%2By', { name: 'b', value: 'x+y' }));
    assert.ok(!hasParameter('a=%2541', { name: 'a', value: '%2541' }));
  });
  it('asks only for presence where it has no value', () => {
    assert.ok(has('flag', null));
    assert.ok(has('flag', ''));
    assert.ok(!has('lag', null));
    assert.ok(!hasParameter('', { name: 'a', value: null }));
  });
  it('matches no value that is no text', () => {
    assert.ok(!has('bad', 'ÿ'));
    assert.ok(!has('worse', '%z'));
    assert.ok(has('bad', null));
  });
});
