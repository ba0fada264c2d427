/** The commonest mistakes of YAML: the first thing that is said of each, with its place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatConfigErrors } from './errors.ts';
import { parseConfig } from './load.ts';

/** The first lines of all mistakes, without the file. */
function mistakesOf(text: string): readonly string[] {
  const parsed = parseConfig(text, 'f', { env: {} });
  const messages = 'errors' in parsed ? formatConfigErrors(parsed.errors).split('\n') : [];
  return messages.filter((line) => line.startsWith('f:')).map((line) => line.slice(2));
}

const POOLS = 'pools: { web: [localhost:8081] }\n';

const CASES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'a text that begins with * and is in no quotes': {
    [`routes:\n  - match:\n      host: *.example.com\n    pool: wbe\n${POOLS}`]: [
      '3:13: a text that begins with * is an alias to YAML. Put it in quotes: "*.example.com".',
      '4:11: routes[0].pool: there is no pool "wbe". Did you mean "web"?',
    ],
    [`routes:\n  - match: { host: [*.a.example, *.b.example] }\n    pool: web\n${POOLS}`]: [
      '2:21: a text that begins with * is an alias to YAML. Put it in quotes: "*.a.example".',
      '2:34: a text that begins with * is an alias to YAML. Put it in quotes: "*.b.example".',
    ],
    [`listeners: { web: *:80 }\n${POOLS}`]: [
      '1:19: a text that begins with * is an alias to YAML. Put it in quotes: "*:80".',
    ],
    [`routes:\n  - { match: { host: * }, pool: web }\n${POOLS}`]: [
      '2:22: a text cannot begin with * in YAML. Put it in quotes: "*".',
    ],
  },
  'a space that is missing after a colon': {
    'pools:\n  web:\n    policy:random\n    endpoints: [localhost:8081]\n': [
      '3:11: there is no space after the colon of "policy". Write policy: random.',
    ],
    [`${POOLS}threads:2\n`]: ['2:8: there is no space after the colon of "threads". Write threads: 2.'],
    [`routes:\n  - { match: {host:a.example}, pool:web }\n${POOLS}`]: [
      '2:15: routes[0].match["host:a.example"]: there is no such key. Write host: a.example, with a space after the colon.',
      '2:32: routes[0]["pool:web"]: there is no such key. Write pool: web, with a space after the colon.',
    ],
    'pools:\n  web:\n    policy:random\n': [
      '3:5: pools.web: "policy:random" is not an address. Write a host and a port; if policy is a key, put a space after its colon: policy: random.',
    ],
  },
  'a space that is missing after a dash': {
    'pools:\n  web:\n    endpoints:\n      - localhost:8081\n      -localhost:8082\n': [
      '5:7: there is no space after the dash. Write - localhost:8082.',
    ],
    'pools:\n  web:\n    endpoints:\n      -localhost:8081\n      -localhost:8082\n': [
      '4:7: pools.web.endpoints: "-localhost:8081 -localhost:8082" begins with a dash. Put a space after it: - localhost:8081.',
    ],
  },
  'a line that is indented too far or not far enough': {
    'pools:\n  web:\n    policy: random\n     endpoints: [localhost:8081]\n': [
      '4:6: this line is indented by 5 spaces, which fits nothing above it. Indent it by 4, as "policy" is.',
    ],
    'pools:\n  web:\n    policy: random\n   endpoints: [localhost:8081]\n': [
      '4:4: this line is indented by 3 spaces, which fits nothing above it. Indent it by 2, as "web" is, or by 4, as "policy" is.',
    ],
    [`routes:\n  - match: { path: /a }\n      pool: web\n${POOLS}`]: [
      '3:7: this line is indented by 6 spaces, which fits nothing above it. Indent it by 4, as "match" is.',
    ],
    [`routes:\n  - match: { path: /a }\n   pool: web\n${POOLS}`]: [
      '3:4: this line is indented by 3 spaces, which fits nothing above it. Indent it by 2, as "-" is, or by 4, as "match" is.',
    ],
    'pools:\n  web:\n    endpoints:\n      - localhost:8081\n     - localhost:8082\n': [
      '5:6: this line is indented by 5 spaces, which fits nothing above it. Indent it by 4, as "endpoints" is, or by 6, as "-" is.',
    ],
    'pools:\n  web:\n    endpoints:\n      - localhost:8081\n        - localhost:8082\n': [
      '4:9: pools.web.endpoints[0]: "localhost:8081 - localhost:8082" is more than an address. Indent the dashes of a list alike: what stands further in goes on the line above.',
    ],
    'pools:\n\tweb: [localhost:8081]\n': ['2:1: a line is indented by a tab. Indent with spaces.'],
  },
  'a key in the column of dashes': {
    'pools:\n  web:\n    endpoints:\n      - address: localhost:8081\n      weight: 2\n': [
      '5:7: "weight" stands where the dashes of a list stand. Indent it by 8, as "address" is, if it belongs to that item, or by 4, as "endpoints" is.',
    ],
    'pools:\n  web:\n    endpoints:\n      - localhost:8081\n      check: tcp\n': [
      '5:7: "check" stands where the dashes of a list stand. Indent it by 4, as "endpoints" is.',
    ],
    'pools:\n  web:\n    - localhost:8081\n    policy: random\n': [
      '4:5: "policy" stands where the dashes of a list stand. Write "endpoints:" above the list: "web" is a list of servers or a map of keys, not both.',
    ],
    [`routes:\n  - match: { path: /a }\n  pool: web\n  - pool: web\n${POOLS}`]: [
      '3:3: "pool" stands where the dashes of a list stand. Indent it by 4, as "match" is, if it belongs to that item, or by 0, as "routes" is.',
    ],
  },
  'a dash further out than its list': {
    'pools:\n  web:\n    endpoints:\n      - localhost:8081\n    - localhost:8082\n': [
      '5:5: this dash stands further out than those above it. Indent it by 6.',
    ],
  },
  'an address without its dash or its key': {
    'pools:\n  web:\n    endpoints:\n      - localhost:8081\n      localhost:8082\n': [
      '5:7: there is no dash in front of this item. Write - localhost:8082.',
    ],
    'pools:\n  web:\n    endpoints:\n      - address:\n        localhost:8081\n': [
      '5:9: this belongs to "address", which is empty. Write address: localhost:8081 on one line.',
    ],
    'pools:\n  web:\n    endpoints:\n    localhost:8081\n': [
      '4:5: this belongs to "endpoints", which is empty. Write endpoints: [localhost:8081] on one line.',
    ],
  },
  'a line that is not indented at all': {
    'pools:\nweb:\n  endpoints: [localhost:8081]\nthreads: 2\n': [
      '1:1: pools: this map is empty. Indent what belongs to it: put two spaces before "web".',
    ],
  },
  'two keys on one line': {
    'pools:\n  web:\n    endpoints: [localhost:8081]\n    check: http: /health\n': [
      '4:12: there are two keys on one line, "check" and "http". Write check: { http: /health }, or "http" on a line of its own, further in.',
    ],
    [`routes: [{ pool: web name: a }]\n${POOLS}`]: [
      '1:18: there are two colons between two commas. Put a comma between two keys, and a text with ": " in it into quotes.',
    ],
  },
  'a colon or a comma that is missing': {
    'pools:\n  web:\n    policy random\n    endpoints: [localhost:8081]\n': [
      '3:5: there is no colon after "policy". Write policy: random.',
    ],
    'pools:\n  web\n    endpoints: [localhost:8081]\n': ['2:3: there is no colon after "web". Write "web:".'],
    'pools: { web: [localhost:8081 localhost:8082] }\n': [
      '1:16: pools.web[0]: "localhost:8081 localhost:8082" is more than an address. Put a comma between addresses, or each into a list.',
    ],
  },
  'a bracket or a quote that is never closed': {
    'pools:\n  web: [localhost:8081, localhost:8082\nroutes:\n  - pool: web\n': [
      '2:8: this [ is never closed. Put a ] at the end of what it holds.',
    ],
    [`routes:\n  - { pool: web\n${POOLS}`]: ['2:5: this { is never closed. Put a } at the end of what it holds.'],
    [`listeners:\n  web: ":80\n${POOLS}`]: ['2:8: this quote is never closed. Put a " at the end of the text.'],
  },
  'a text that goes on behind a bracket': {
    [`listeners:\n  web: [::1]:8080\n${POOLS}`]: [
      '2:8: to YAML this text ends at "]". Put the whole of it in quotes: "[::1]:8080".',
    ],
    'pools: { web: [[::1]:8081] }\n': [
      '1:16: pools.web[0]: a key is text, not a list, a map or an alias. Put an IPv6 address in quotes: "[::1]:8081".',
    ],
    [`routes: [{ match: { path: { regex: [a-z]+ } }, pool: web }]\n${POOLS}`]: [
      '1:36: to YAML this text ends at "]". Put the whole of it in quotes: "[a-z]+".',
    ],
    'pools:\n  web: [localhost:8081];\n': ['2:24: there is a ; behind the value. Take it out.'],
    'pools:\n  web: [localhost:8081]# mine\n': [
      '2:24: there is no space before the #. Put one there, or the text in quotes if the # belongs to it.',
    ],
  },
  'a sign that no text begins with': {
    [`listeners:\n  web: @foo\n${POOLS}`]: ['2:8: a text cannot begin with @ in YAML. Put it in quotes: "@foo".'],
  },
  'spaces and quotes that only look like those of YAML': {
    'pools:\n\u00a0 web: [localhost:8081]\n': [
      '2:1: there is a space that YAML does not know (U+00A0). Write an ordinary space in its place.',
    ],
    [`listeners: { web: “:80” }\n${POOLS}`]: [
      `1:19: this sign (U+201C) is no quote to YAML. Write " or ' in its place.`,
    ],
  },
  'a template': {
    'pools:\n  web: {{ servers }}\n': [
      '2:9: pools.web: a key is text, not a list, a map or an alias. Write ${NAME} for a variable; {{ }} means something to templates alone.',
    ],
  },
};

describe('a mistake of YAML', () => {
  for (const [title, cases] of Object.entries(CASES)) {
    it(`a mistake of YAML is named with its place and its cure: ${title}`, () => {
      for (const [text, expected] of Object.entries(cases)) {
        const found = mistakesOf(text);
        assert.deepEqual(found.slice(0, expected.length), expected, text);
        if (!text.startsWith('pools:\nweb'))
          assert.equal(found.length, expected.length, `${text}\n${found.join('\n')}`);
      }
    });
  }

  it('a mistake of YAML is not seen in texts that are right, however odd they look', () => {
    const routes = `routes:
- match: { path: { regex: "^/[a-z]+" }, header: { x-a: "it's", x-b: 'a "b"' } } # it's a [comment
  pool: web
-   pool: web
    match:
        host: "*.example.com"
`;
    assert.deepEqual(mistakesOf(`${routes}pools:\n  web:\n      - localhost:8081\n      - "[::1]:8082"\n`), []);
    assert.deepEqual(mistakesOf('pools: { a: &a [localhost:8081], b: *a }\nroutes: [{ pool: a }]\n'), []);
  });

  it('a mistake of YAML is one of a hundred at most: each is looked into with what stands above it', () => {
    const found = mistakesOf(`pools:\n  web: [localhost:8081]\n${'   a: [b\n'.repeat(20_000)}`);
    assert.ok(found.length > 0 && found.length <= 101, String(found.length));
  });
});
