/**
 * The package as it is published, for code that has to use it as its users do: a test, the budgets, the new user's
 * walk.
 */
import { execFile } from 'node:child_process';
import { cp, readdir, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** What is beside dist/ in a checkout; `files` of package.json has to choose among it. */
const BESIDE_DIST = ['package.json', 'bin', 'src', 'demo', 'scripts', 'tools', 'README.md', 'LICENSE', 'CHANGELOG.md'];

const run = promisify(execFile);

/** This process's environment, in which `node` is the Node that runs it. */
export const ENVIRONMENT: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
};

/**
 * Builds and packs into an empty folder, not in the checkout: `bin/fairlead.js` would take the dist/ from then on.
 * Types are not checked, which `npm run check` does. Resolves to the tarball.
 */
export async function packPackage(folder: string): Promise<string> {
  const clone = join(folder, 'clone');
  const dist = join(clone, 'dist');
  await run(process.execPath, [TSC, '-p', join(ROOT, 'tsconfig.build.json'), '--noCheck', '--outDir', dist]);
  // zod is found beside the checkout; the built code has to find it as well.
  await symlink(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  await run(process.execPath, [join(ROOT, 'scripts/write-schema.js'), dist]);
  const filter = (path: string): boolean => !path.includes('node_modules/');
  await Promise.all(BESIDE_DIST.map((name) => cp(join(ROOT, name), join(clone, name), { recursive: true, filter })));
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: clone, env: ENVIRONMENT });
  const name = (await readdir(folder)).find((each) => each.endsWith('.tgz'));
  if (name === undefined) throw new Error(`npm pack wrote no tarball into ${folder}`);
  return join(folder, name);
}
