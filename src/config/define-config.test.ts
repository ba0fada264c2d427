/**
 * What the compiler says of a config: `npm run check` fails where a line below an `@ts-expect-error` is right, and
 * where any other is wrong. The last test reads what it says, since a message that nobody understands is no help.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { buildConfig } from './build.ts';
import type { ConfigInput } from './config-input.ts';
import { defineConfig } from './define-config.ts';

const pools = { web: ['localhost:8081'], api: ['localhost:8082'] };

/** Every key in a form that the compiler has to take. */
const full = defineConfig({
  listeners: { web: ':0', admin: { address: '127.0.0.1:0', spread: 'even', halfClose: 'allow' } },
  routes: [
    { name: 'api', match: { path: { regex: '^/v1', ignoreCase: 'on' }, method: 'GET' }, pool: 'api' },
    { match: { header: { 'x-beta': { present: true } }, path: '/a/*' }, pool: 'web', stripPrefix: '/a' },
    { pool: 'web', timeouts: { total: 'off', responseHead: '1.5m' }, maxBody: '10MiB', upgrades: [] },
  ],
  pools: {
    web: ['localhost:8081', { address: 'localhost:8083', weight: 2 }],
    api: {
      policy: 'least-connections',
      endpoints: 'localhost:8082',
      check: [{ http: '/ready', interval: '800ms' }, 'tcp'],
      ejection: 'off',
      retry: { retryOn: 'connect', replayBuffer: '64KiB' },
      panic: false,
      host: 'app.internal',
    },
  },
  defaults: { check: { interval: '10s' }, retry: { attempts: 2 } },
  timeouts: { connect: '500ms', perTry: '2s' },
  limits: { head: '32KiB' },
  headers: { via: 'off' },
  trustedProxies: ['10.0.0.0/8'],
  threads: 0,
  maxConnections: 'auto',
});

describe('defineConfig', () => {
  it('defineConfig returns the config it was given, which is valid', () => {
    const config = { pools };
    assert.equal(defineConfig(config), config);
    assert.ok(!Array.isArray(buildConfig(full)), JSON.stringify(buildConfig(full)));
  });

  it('defineConfig takes configs whose pools are known only while running', () => {
    const found: Record<string, readonly string[]> = { [String(1)]: ['localhost:8081'] };
    const config: ConfigInput = defineConfig({ pools: found, routes: [{ pool: String(1) }] });
    assert.ok(!Array.isArray(buildConfig(config)));
  });

  it('defineConfig takes a config without pools, which is valid where every route redirects', () => {
    assert.ok(!Array.isArray(buildConfig(defineConfig({ routes: [{ redirect: 'https' }] }))));
    assert.ok(Array.isArray(buildConfig(defineConfig({ threads: 1 }))));
  });

  it('defineConfig takes a duration and a size that are put together', () => {
    const seconds = Math.max(5, 1);
    const config = defineConfig({ pools, timeouts: { connect: `${seconds}s` }, limits: { head: `${seconds}KiB` } });
    assert.equal(config.timeouts?.connect, '5s');
  });

  it('defineConfig refuses what the parser refuses as well', () => {
    const refused: readonly ConfigInput[] = [
      // @ts-expect-error there is no such pool
      defineConfig({ pools, routes: [{ pool: 'wbe' }] }),
      // @ts-expect-error there is no such policy
      defineConfig({ pools: { web: { endpoints: 'localhost:8081', policy: 'least-conections' } } }),
      // @ts-expect-error a time without its unit
      defineConfig({ pools, routes: [{ pool: 'web' }], timeouts: { connect: 500 } }),
      // @ts-expect-error no unit of time
      defineConfig({ pools, routes: [{ pool: 'web' }], timeouts: { connect: '5sec' } }),
      // @ts-expect-error no unit of size
      defineConfig({ pools, routes: [{ pool: 'web', maxBody: '10megs' }] }),
      // @ts-expect-error a misspelled key
      defineConfig({ pools, routes: [{ pool: 'web', upgrade: [] }] }),
      // @ts-expect-error a misspelled key of a pool
      defineConfig({ pools: { web: { endpoints: 'localhost:8081', polcy: 'random' } } }),
      // @ts-expect-error these run before a route is known
      defineConfig({ pools: { web: { endpoints: 'localhost:8081', timeouts: { keepAlive: '5s' } } } }),
    ];
    for (const config of refused) assert.ok(Array.isArray(buildConfig(config)), JSON.stringify(config));
  });
});

const WEB = `pools: { web: ['localhost:8081'] }`;
const MESSAGES = [
  [`${WEB}, routes: [{ pool: 'wbe' }]`, `Type '"wbe"' is not assignable to type '"web"'.`],
  [`${WEB}, timeouts: { connect: '5sec' }`, `Type '"5sec"' is not assignable to type 'Duration`],
  [`${WEB}, limits: { head: 5 }`, `Type 'number' is not assignable to type 'Size`],
  [`${WEB}, defaults: { polcy: 'random' }`, `'polcy' does not exist in type 'DefaultsInput'`],
  [`pools: { web: { endpoints: 'localhost:8081', policy: 'rndom' } }`, `Did you mean '"random"'?`],
] as const;

describe('what the compiler says of a mistake', () => {
  it('the message of the compiler names the wrong value and the possible ones', () => {
    const file = fileURLToPath(new URL('./mistakes.ts', import.meta.url));
    const lines = MESSAGES.map(([mistake]) => `defineConfig({ ${mistake} });`);
    const text = [`import { defineConfig } from './define-config.ts';`, ...lines].join('\n');
    const said = diagnose(file, text);
    for (const [index, [mistake, message]] of MESSAGES.entries()) {
      assert.ok(said.get(index + 1)?.includes(message), `${mistake}: ${said.get(index + 1)}`);
    }
  });
});

/** The messages of the compiler by line, from 0, for a file that exists only here. */
function diagnose(file: string, text: string): ReadonlyMap<number, string> {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.NodeNext,
    allowImportingTsExtensions: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === file || fileExists.call(host, name);
  host.getSourceFile = (name, version) => {
    return name === file ? ts.createSourceFile(name, text, version) : getSourceFile.call(host, name, version);
  };
  const program = ts.createProgram([file], options, host);
  const source = program.getSourceFile(file);
  assert.ok(source !== undefined);
  return new Map(
    program.getSemanticDiagnostics(source).map(({ start, messageText }) => {
      const line = source.getLineAndCharacterOfPosition(start ?? 0).line;
      return [line, ts.flattenDiagnosticMessageText(messageText, '\n')];
    }),
  );
}
