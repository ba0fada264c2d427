/**
 * `npm run new-user`: walks from an empty folder to a balancer under load with the package as it is published, and
 * writes what was typed, printed and how long it took into docs/start.md, between `<!-- new-user: NAME -->` and
 * `<!-- /new-user -->`. Needs root on Linux, for a network of its own, and the registry.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENVIRONMENT, packPackage } from '../packed-package.ts';
import { step } from './steps.ts';
import type { Step } from './steps.ts';

const PAGE = fileURLToPath(new URL('../../docs/start.md', import.meta.url));
const WALK = fileURLToPath(new URL('./walk.ts', import.meta.url));
const TIMED = new Map([
  ['install', '`npm install fairlead autocannon`, from the registry'],
  ['init', '`npx fairlead init`'],
  ['check', '`npx fairlead check`'],
  ['run', '`npx fairlead run`, until it is ready'],
  ['load', '`npx fairlead load -d 5s`'],
  ['reload', 'a saved change, until it is in effect'],
  ['kill', 'a server stopped, until the log says so'],
  ['stop', 'Ctrl-C, until it has drained'],
]);

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-new-user-'));
  try {
    const project = join(folder, 'shop');
    const result = join(folder, 'steps.json');
    await mkdir(project);
    const tarball = await packPackage(folder);
    const install = `npm install --no-audit --no-fund '${tarball}' autocannon`;
    const installed = await step('install', install, project, ENVIRONMENT, 'npm install fairlead autocannon');
    const walk = `ip link set lo up && exec '${process.execPath}' '${WALK}' '${project}' '${result}'`;
    await step('walk', `unshare --net sh -c "${walk}"`, folder, ENVIRONMENT);
    const steps = [installed, ...(JSON.parse(await readFile(result, 'utf8')) as Step[])];
    await writeFile(PAGE, fillPage(await readFile(PAGE, 'utf8'), steps));
    for (const { name, seconds } of steps) console.log(`${name.padEnd(8)} ${seconds.toFixed(2)} s`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @throws Error where the page asks for a step that there is not */
function fillPage(page: string, steps: readonly Step[]): string {
  return page.replaceAll(
    /(<!-- new-user: (\w+) -->)[^]*?(<!-- \/new-user -->)/g,
    (_, begin: string, name: string, end: string) => `${begin}\n\n${write(name, steps)}\n\n${end}`,
  );
}

function write(name: string, steps: readonly Step[]): string {
  if (name === 'times') return writeTimes(steps);
  const found = steps.find((each) => each.name === name);
  if (found === undefined) throw new Error(`docs/start.md: there is no step ${name}`);
  if (name === 'config') return `\`\`\`yaml\n${found.output}\n\`\`\``;
  const typed = found.typed === '' ? '' : `$ ${found.typed}\n`;
  return `\`\`\`console\n${typed}${found.output}\n\`\`\``;
}

function writeTimes(steps: readonly Step[]): string {
  const rows = steps.flatMap(({ name, seconds }) => {
    const words = TIMED.get(name);
    return words === undefined ? [] : [[words, `${seconds.toFixed(1)} s`]];
  });
  const widths = [0, 1].map((column) => Math.max(4, ...rows.map((row) => row[column].length)));
  const line = ([words, time]: readonly string[]): string =>
    `| ${words.padEnd(widths[0])} | ${time.padStart(widths[1])} |`;
  const rule = `| ${'-'.repeat(widths[0])} | ${'-'.repeat(widths[1] - 1)}: |`;
  return [line(['', '']), rule, ...rows.map(line)].join('\n');
}

await main();
