/** `npm run check`: every check to its end, two at a time, so that one run shows all that has to be fixed. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PACKAGE_ROOT } from '../bin/node-version.js';
import { ensureInstalled } from './install.js';

/** Scripts of package.json, slowest first. */
const CHECKS = ['check:lint', 'check:types', 'check:dead-code', 'check:layering', 'check:format'];
const { scripts } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));

async function main() {
  await ensureInstalled();
  const queue = [...CHECKS];
  const failed = [];
  const work = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      if (!(await runCheck(check))) failed.push(check);
    }
  };
  await Promise.all([work(), work()]);
  console.log(failed.length === 0 ? '\nAll checks pass.' : `\nFailed: ${failed.join(', ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

async function runCheck(name) {
  const startedAt = Date.now();
  const command = scripts[name];
  const { code, output } = await capture(command);
  const verdict = code === 0 ? '✔' : '✖';
  console.log(`${verdict} ${name} (${command}), ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  if (code !== 0) console.log(output.replaceAll(/^/gm, '    '));
  return code === 0;
}

function capture(command) {
  const bin = join(PACKAGE_ROOT, 'node_modules', '.bin');
  const [file, ...args] = command.split(' ');
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  return new Promise((resolve, reject) => {
    const child = spawn(join(bin, file), args, { cwd: PACKAGE_ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

await main();
