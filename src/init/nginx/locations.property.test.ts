/** Random locations and servers: the routes that are made of them send each request where nginx would. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildConfig } from '../../config/build.ts';
import type { Config } from '../../config/config.ts';
import { compileRoutes } from '../../core/routing/router.ts';
import { convert } from '../convert.ts';
import { toConfigInput } from '../draft.ts';

const seed = Number(process.env['SEED'] ?? Date.now() & 0x7fffffff);

/** No path lies where the start of a text and a prefix of segments differ: that is told, not converted. */
const PATHS = ['/', '/a', '/a/b', '/a/b/c.png', '/b', '/b/a.PNG', '/c.png', '/a/x/y', '/A/b'];
const HOSTS = ['a.com', 'x.a.com', 'y.x.a.com', 'b.com', 'other.org'];

type Sign = '' | '=' | '^~' | '~' | '~*';

interface Location {
  readonly sign: Sign;
  readonly path: string;
}

/** As nginx documents it: exact, then the longest prefix, then regular expressions in their order. */
function chosen(locations: readonly Location[], path: string): number {
  const exact = locations.findIndex((each) => each.sign === '=' && each.path === path);
  if (exact >= 0) return exact;
  let longest = -1;
  for (const [index, each] of locations.entries()) {
    const isPrefix = (each.sign === '' || each.sign === '^~') && path.startsWith(each.path);
    if (isPrefix && (longest < 0 || each.path.length > locations[longest].path.length)) longest = index;
  }
  if (longest >= 0 && locations[longest].sign === '^~') return longest;
  const pattern = locations.findIndex(({ sign, path: source }) => {
    return sign.startsWith('~') && new RegExp(source, sign === '~*' ? 'i' : '').test(path);
  });
  return pattern >= 0 ? pattern : longest;
}

const prefix = fc.record({
  sign: fc.constantFrom<Sign>('', '', '^~'),
  path: fc.constantFrom('/a', '/a/b', '/b', '/a/x'),
});
const exact = fc.record({ sign: fc.constant<Sign>('='), path: fc.constantFrom('/', '/a', '/c.png') });
const pattern = fc.record({
  sign: fc.constantFrom<Sign>('~', '~*'),
  path: fc.constantFrom('\\.png$', '^/a/', '^/[ab]/', 'b$', '^/A'),
});
/** nginx takes each location once; the last one takes the rest. */
const locations = fc
  .uniqueArray(fc.oneof(prefix, exact, pattern), {
    maxLength: 6,
    selector: ({ sign, path }) => (sign === '^~' ? path : `${sign}${path}`),
  })
  .map((list): readonly Location[] => [...list, { sign: '', path: '/' }]);

/** A wildcard loses to a name, and the longer of two wins. */
function serverOf(names: readonly string[], host: string): number {
  if (names.includes(host)) return names.indexOf(host);
  const wildcards = names.filter((name) => name.startsWith('*.') && host.endsWith(name.slice(1)));
  const [longest] = wildcards.sort((a, b) => b.length - a.length);
  return longest === undefined ? 0 : names.indexOf(longest);
}

function write(servers: readonly (readonly Location[])[], names: readonly string[]): string {
  let port = 0;
  const blocks = servers.map((list, index) => {
    const inner = list.map(({ sign, path }) => `location ${sign} ${path} { proxy_pass http://10.0.0.1:${++port}; }`);
    return `server { listen 8080; server_name ${names[index]};\n${inner.join('\n')} }`;
  });
  return blocks.join('\n');
}

async function routerOf(text: string) {
  const { draft } = await convert(text, 'nginx.conf');
  assert.ok(draft !== null);
  const config = buildConfig(toConfigInput(draft));
  assert.ok(isConfig(config), JSON.stringify(config));
  return compileRoutes(config.routes);
}

function isConfig(built: ReturnType<typeof buildConfig>): built is Config {
  return !Array.isArray(built);
}

/** A shorter `^~` ends the search for a longer prefix, which is told. */
function isTold(list: readonly Location[]): boolean {
  return list.some((each) => {
    return each.sign === '' && list.some((other) => other.sign === '^~' && each.path.startsWith(other.path));
  });
}

describe('locations and servers', () => {
  it('locations and servers decide as in nginx', async () => {
    const servers = fc.array(locations, { minLength: 1, maxLength: 3 });
    const names = fc.shuffledSubarray(['a.com', '*.a.com', '*.x.a.com', 'b.com'], { minLength: 3, maxLength: 3 });
    const property = fc.asyncProperty(servers, names, async (lists, all) => {
      fc.pre(!lists.some(isTold));
      const router = await routerOf(write(lists, all));
      for (const host of HOSTS) {
        for (const path of PATHS) {
          const server = serverOf(all.slice(0, lists.length), host);
          const before = lists.slice(0, server).flat().length;
          const port = before + chosen(lists[server], path) + 1;
          const found = router.match({ host, path, rawPath: path, query: '', method: 'GET', lines: '' });
          assert.match(found?.pool ?? '', new RegExp(`-${port}$`), `${host}${path}\n${write(lists, all)}`);
        }
      }
    });
    await fc.assert(property, { seed, numRuns: 150 });
  });
});
