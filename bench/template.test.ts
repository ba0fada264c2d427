import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillTemplate } from './template.ts';

const input = {
  values: { port: 8080, onlyPool: null },
  endpoints: [
    { port: 1, index: 0 },
    { port: 2, index: 1 },
  ],
  routes: [],
};

test('a line of a template that names an endpoint is repeated for each endpoint', () => {
  const text = 'bind $(port)\n  server s$(endpoint.index) 127.0.0.1:$(endpoint.port) from $(port)\nend';
  const expected = 'bind 8080\n  server s0 127.0.0.1:1 from 8080\n  server s1 127.0.0.1:2 from 8080\nend';
  assert.equal(fillTemplate(text, input), expected);
});

test('a line of a template that names a value which is null, or a route where there is none, is left out', () => {
  assert.equal(fillTemplate('a\nuse $(onlyPool)\nroute $(route.path)\nb', input), 'a\nb');
});

test('a name without a value is an error in a template', () => {
  assert.throws(() => fillTemplate('$(prot)', input), /prot/);
});
