import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { MiddlewareError } from './middleware-error.ts';
import { tryMiddleware } from './middleware-modules.ts';
import type { TriedModule } from './middleware-modules.ts';
import { toConfig } from './to-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-modules-'));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function tried(module: string, options = {}, timeLimitMs?: number): Promise<ReadonlyMap<string, TriedModule>> {
  const { routes } = toConfig({
    routes: [{ name: 'api', pool: 'web', middleware: { module: join(folder, module), options } }],
    pools: { web: ['localhost:1'] },
  });
  return tryMiddleware(routes, timeLimitMs);
}

async function mistakeOf(module: string, text: string, options = {}, timeLimitMs?: number): Promise<string> {
  write(module, text);
  const error: unknown = await tried(module, options, timeLimitMs).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof MiddlewareError, 'no mistake was found');
  return error.errors
    .map(({ file, line, column, key, message, cure }) => `${file}:${line}:${column} ${key}: ${message}. ${cure}`)
    .join('\n')
    .replaceAll(`${folder}/`, '');
}

const AT = 'routes.api.middleware[0]';
const DEFINE = "import { defineMiddleware } from 'fairlead';\n";

write('helper.ts', "export function refuse(plan: string): never {\n  throw new Error('no plan ' + plan);\n}\n");

/** `[what it is, text, options, what is said]` */
const BAD: readonly (readonly [string, string, object, string])[] = [
  [
    'throws when it is imported',
    "const a = 1;\nthrow new Error('not today');\n",
    {},
    `bad.ts:2:7 ${AT}: the module threw: not today. Mend the module.`,
  ],
  [
    'is no TypeScript',
    'export default {\n  name: ;\n};\n',
    {},
    `bad.ts:2:9 ${AT}: this is not valid TypeScript: Expression expected. Mend it; types are taken out, and nothing else of TypeScript works.`,
  ],
  [
    'imports what is not there',
    "import x from './none.ts';\nexport default x;\n",
    {},
    `bad.ts:1:18 ${AT}: the module imports what is not there: Cannot find module 'none.ts'. Mend the import, or install the package.`,
  ],
  [
    'has no default export',
    'export const middleware = {};\n',
    {},
    `bad.ts:1:1 ${AT}: the module has no default export. Write export default defineMiddleware({ … }).`,
  ],
  [
    'exports something else',
    '\nexport default 7;\n',
    {},
    `bad.ts:2:1 ${AT}: the middleware is of type number. Write export default defineMiddleware({ … }).`,
  ],
  [
    'has no name',
    'export default { onRequest() {} };\n',
    {},
    `bad.ts:1:1 ${AT}: the middleware has no name. Write one of letters, digits, '-', '_' and '.'.`,
  ],
  [
    'has no hook',
    "export default { name: 'a' };\n",
    {},
    `bad.ts:1:1 ${AT}: the middleware has no hook. Write onRequest, onResponse, or both.`,
  ],
  [
    'has a hook that there is not',
    "export default { name: 'a', onRequest() {}, onError() {} };\n",
    {},
    `bad.ts:1:1 ${AT}: a middleware has no hook onError. The hooks are onRequest and onResponse.`,
  ],
  [
    'lets answers wait',
    "export default { name: 'a', async onResponse() {} };\n",
    {},
    `bad.ts:1:1 ${AT}: onResponse is async, and answers do not wait. Take async out; what has to be waited for belongs in onRequest.`,
  ],
  [
    'takes no options',
    `${DEFINE}export default defineMiddleware({ name: 'a', onRequest() {} });\n`,
    { plan: 'x' },
    `bad.ts:2:1 ${AT}: the middleware takes no options. Take them out, or export a function of them: defineMiddleware((options) => ({ … })).`,
  ],
  [
    'refuses its options, in a file that it imports',
    `${DEFINE}import { refuse } from './helper.ts';\nexport default defineMiddleware(({ plan }) => refuse(plan));\n`,
    { plan: 'x' },
    `helper.ts:2:9 ${AT}: the middleware refuses its options: no plan x. Mend the options.`,
  ],
  [
    'ends its thread',
    'process.exit(0);\n',
    {},
    `bad.ts:1:1 ${AT}: the module ended its thread. Take out process.exit, and any promise that never settles.`,
  ],
];

describe('modules of middleware', () => {
  for (const [what, text, options, said] of BAD) {
    it(`a module that ${what} is a mistake with its place and a cure`, async () => {
      assert.equal(await mistakeOf('bad.ts', text, options), said);
    });
  }

  it('a module that is not done in its time is a mistake', async () => {
    const said = await mistakeOf('late.ts', 'await new Promise(() => setInterval(() => {}, 1000));\n', {}, 500);
    assert.equal(said, `late.ts:1:1 ${AT}: the module was not done after 0.5 s. It has to be there at once.`);
  });

  it('a module that is not there is a mistake, and so is TypeScript in node_modules', async () => {
    const error: unknown = await tried('nowhere.ts').catch((thrown: unknown) => thrown);
    assert.ok(error instanceof MiddlewareError);
    assert.match(error.message, /nowhere\.ts: routes\.api\.middleware\[0\]: there is no such module\. Check the path/);
    assert.match(
      await mistakeOf('node_modules/x/a.ts', "export default { name: 'a', onRequest() {} };"),
      /Node takes no TypeScript from node_modules\. Name the JavaScript that its package has\.$/,
    );
    write('node_modules/x/a.mjs', "export default { name: 'a', onRequest() {} };");
    assert.equal((await tried('node_modules/x/a.mjs')).size, 1);
  });

  it('code is told by the module and all that it imports, in a folder of either kind of package', async () => {
    const text = `${DEFINE}import { step } from './step.ts';\nexport default defineMiddleware({ name: 'a', onRequest: step });\n`;
    write('old/package.json', '{ "type": "commonjs" }');
    write('old/a.ts', text);
    write('old/step.ts', 'export function step(): void {}\n');
    const look = async (): Promise<string> => [...(await tried('old/a.ts')).values()][0].code;
    const before = await look();
    assert.equal(await look(), before);
    write('old/step.ts', 'export function step(): void { /* other */ }\n');
    assert.notEqual(await look(), before);
  });
});
