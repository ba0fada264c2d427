/** Keys at the wrong depth: one message that says so, in place of many that do not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatConfigErrors } from './errors.ts';
import { parseConfig } from './load.ts';

const POOLS = 'pools: { web: [localhost:8081] }\n';

/** The first lines of all mistakes, without the file. */
function mistakesOf(text: string): readonly string[] {
  const parsed = parseConfig(text, 'f', { env: {} });
  const messages = 'errors' in parsed ? formatConfigErrors(parsed.errors).split('\n') : [];
  return messages.filter((line) => line.startsWith('f:')).map((line) => line.slice(2));
}

const CASES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'keys of a pool beside its name': {
    'pools:\n  web:\n  endpoints: [localhost:8081]\n  policy: random\n': [
      '3:3: pools.endpoints: "endpoints" and "policy" are keys of a pool and stand beside "web". Indent what belongs to "web": put two more spaces before each.',
    ],
    'pools:\n  web:\n  endpoints: [localhost:8081]\n': [
      '3:3: pools.endpoints: "endpoints" is a key of a pool and stands beside "web". Indent what belongs to "web": put two more spaces before it.',
    ],
    'pools:\n  web:\n    policy: random\n  endpoints: [localhost:8081]\n': [
      '4:3: pools.endpoints: "endpoints" is a key of a pool and stands beside "web". Indent what belongs to "web": put two more spaces before it.',
    ],
    'pools:\n  web:\n    endpoints: [localhost:8081]\n  check: { http: /x }\n  retry: { attempts: 2 }\n': [
      '4:3: pools.check: "check" and "retry" are keys of a pool and stand beside "web". Indent what belongs to "web": put two more spaces before each.',
    ],
    'pools:\n  web: [localhost:8081]\n  policy: random\n': [
      '3:3: pools.policy: "policy" is a key of a pool and stands beside "web". Write "web" as a map, e.g. endpoints: [localhost:8081], and "policy" below that.',
    ],
    'pools:\n  web:\nendpoints: [localhost:8081]\n': [
      '3:1: endpoints: "endpoints" belongs to "web", which is empty. Indent what belongs to "web": put four more spaces before it.',
    ],
  },
  'a pool without a name': {
    'pools:\n  endpoints: [localhost:8081]\n  policy: random\n': [
      '2:3: pools.endpoints: "endpoints" and "policy" are keys of a pool, and there is no name above them. Write a name above, e.g. web:, and put two more spaces before each.',
    ],
  },
  'keys of a listener beside its name': {
    [`listeners:\n  web:\n  address: ":80"\n${POOLS}`]: [
      '3:3: listeners.address: "address" is a key of a listener and stands beside "web". Indent what belongs to "web": put two more spaces before it.',
    ],
    [`listeners:\n  web: ":80"\n  halfClose: allow\n${POOLS}`]: [
      '3:3: listeners.halfClose: "halfClose" is a key of a listener and stands beside "web". Write "web" as a map, e.g. address: 127.0.0.1:8080, and "halfClose" below that.',
    ],
  },
  'keys of a map beside its key': {
    'pools:\n  web:\n    endpoints: [localhost:8081]\n    check:\n    http: /x\n    interval: 5s\n': [
      '5:5: pools.web.http: "http" and "interval" belong to "check", which is empty. Indent what belongs to "check": put two more spaces before each.',
    ],
    [`routes:\n  - match:\n    path: /x/*\n    pool: web\n${POOLS}`]: [
      '2:5: routes[0].match: this has to be a map, not nothing. Write a map of conditions, e.g. match: { host: api.example.com, path: /v1/* }.',
      '3:11: routes[0].path: "/x/*" has a *, and path is what endpoints get. Conditions stand in match: write match: { path: … }. For a path of its own, put a variable such as {path} in the place of *.',
    ],
    [`timeouts:\nconnect: 1s\nresponseHead: 5s\n${POOLS}`]: [
      '2:1: connect: "connect" and "responseHead" belong to "timeouts", which is empty. Indent what belongs to "timeouts": put two more spaces before each.',
    ],
    [`defaults:\nretry: { attempts: 1 }\n${POOLS}`]: [
      '2:1: retry: "retry" belongs to "defaults", which is empty. Indent what belongs to "defaults": put two more spaces before it.',
    ],
  },
  'keys of a route without its dash': {
    [`routes:\nmatch: { path: /x }\npool: web\n${POOLS}`]: [
      '2:1: match: "match" and "pool" belong to "routes", which is empty. Put a dash and a space before "match", and two more spaces before the others.',
    ],
    [`routes:\n  match: { path: /x }\n  pool: web\n${POOLS}`]: [
      '1:1: routes: this has to be a list. Put a dash and a space before "match", and two more spaces before the others.',
    ],
  },
  'keys of the last item of a list, outside of it': {
    [`routes:\n  - match: { path: /x }\npool: web\n${POOLS}`]: [
      '3:1: pool: "pool" is a key of a route, not of the whole config. Indent it as far as "match" is, if it belongs to the last item of the list.',
    ],
    'pools:\n  web:\n    endpoints: [localhost:8081]\n    check:\n      - http: /x\n    interval: 5s\n': [
      '6:5: pools.web.interval: "interval" is a key of an item of "check", not of "web". Indent it as far as "http" is, if it belongs to the last item of the list.',
    ],
    'pools:\n  web:\n    endpoints: [localhost:8081]\n    check:\n      - tcp\n    interval: 5s\n': [
      '6:5: pools.web.interval: "interval" is a key of an item of "check", not of "web". Write the last item of the list as a map, with "interval" in it.',
    ],
  },
  'a dash in front of what belongs to the item above': {
    'pools:\n  web:\n    endpoints:\n      - address: localhost:8081\n      - weight: 2\n': [
      '5:9: pools.web.endpoints[1].weight: a dash begins another endpoint, and this one has no "address". Put a space in place of the dash if "weight" belongs to the item above, else add "address".',
    ],
    [`routes:\n  - pool: web\n  - stripPrefix: /x\n${POOLS}`]: [
      '3:5: routes[1].stripPrefix: a dash begins another route, and this one has no "pool". Put a space in place of the dash if "stripPrefix" belongs to the item above, else add "pool".',
    ],
  },
  'keys that stand too far in': {
    [`routes:\n  - match:\n      path: /x/*\n      pool: web\n      stripPrefix: /x\n${POOLS}`]: [
      '4:7: routes[0].match.pool: "pool" is a key of a route, not of "match". Write it beside "match", as far in as that.',
      '5:7: routes[0].match.stripPrefix: "stripPrefix" is a key of a route, not of "match". Write it beside "match", as far in as that.',
    ],
    'pools:\n  web:\n    endpoints: [localhost:8081]\n    ejection:\n      failures: 2\n      panic: off\n': [
      '6:7: pools.web.ejection.panic: "panic" is a key of "web", not of "ejection". Write it beside "ejection", as far in as that.',
    ],
    'listeners:\n  web: ":80"\n  pools:\n    web: [localhost:8081]\n': [
      '3:3: listeners.pools: "pools" is a key of the whole config, not of a listener. Write it at the top level, beside "listeners".',
    ],
    'listeners:\n  web:\n    address: ":80"\n    pools:\n      web: [localhost:8081]\n': [
      '4:5: listeners.web.pools: "pools" is a key of the whole config, not of "web". Write it at the top level, beside "listeners".',
    ],
    'pools:\n  web: [localhost:8081]\n  routes:\n    - pool: web\n': [
      '3:3: pools.routes: "routes" is a key of the whole config, not of a pool. Write it at the top level, beside "pools".',
    ],
  },
};

describe('a key at the wrong depth', () => {
  for (const [title, cases] of Object.entries(CASES)) {
    it(`a key at the wrong depth is named once, with the cure, and nothing that follows from it: ${title}`, () => {
      for (const [text, expected] of Object.entries(cases)) assert.deepEqual(mistakesOf(text), expected, text);
    });
  }

  it('a key at the wrong depth hides no mistake that does not follow from it', () => {
    const text = `threads: many\nroutes:\n  - { match: { path: v1 }, pool: wbe }\npools:\n  web:\n  endpoints: [localhost:8081]\n  api: [localhost]\n`;
    assert.deepEqual(
      mistakesOf(text).map((line) => line.split(' ')[1]),
      ['threads:', 'routes[0].match.path:', 'routes[0].pool:', 'pools.endpoints:', 'pools.api[0]:'],
    );
  });

  it('a key at the wrong depth is none where a pool or a listener is called like a key', () => {
    for (const text of [
      'pools: { endpoints: [localhost:8081] }',
      'pools: { host: localhost:8081 }',
      'pools: { check: { endpoints: [localhost:8081] } }',
      `listeners: { address: ":80", pools: ":81" }\n${POOLS}`,
    ])
      assert.deepEqual(mistakesOf(text), [], text);
    assert.deepEqual(mistakesOf('pools: { host: [localhost:80800] }'), [
      '1:17: pools.host[0]: there is no port 80800. Use a port from 1 to 65535.',
    ]);
  });
});
