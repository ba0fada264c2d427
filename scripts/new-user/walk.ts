/**
 * The walk from `init` to the end, in the folder that is the first argument, where the package is installed. It runs in
 * a network of its own, so that no port is taken and `init` finds the two servers and nothing else. Writes its steps
 * as JSON into the file that is the second argument.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ENVIRONMENT } from '../packed-package.ts';
import { step, Typed } from './steps.ts';
import type { Step } from './steps.ts';

const URL = 'http://127.0.0.1:8080';
/** Long enough for the load to be on its way. */
const MOMENT_MS = 2500;

const [project = '.', result = 'steps.json'] = process.argv.slice(2);
const env: NodeJS.ProcessEnv = { ...ENVIRONMENT, NO_COLOR: '1', npm_config_update_notifier: 'false' };
const type = (command: string): Typed => new Typed(command, project, env);

async function walk(): Promise<Step[]> {
  await using first = type('npx fairlead backend --port 3001 --name s1');
  await using second = type('npx fairlead backend --port 3002 --name s2');
  await Promise.all([first, second].map((server) => server.printed(/listens on/)));
  const init = await step('init', 'npx fairlead init', project, env);
  const config = await step('config', 'cat fairlead.yaml', project, env);
  const check = await step('check', 'npx fairlead check', project, env);
  return [init, config, check, ...(await balance(second))];
}

async function balance(second: Typed): Promise<Step[]> {
  await using running = type('npx fairlead run --watch');
  await running.printed(/ready after/);
  const run = { name: 'run', typed: 'npx fairlead run --watch', output: running.output(), seconds: running.seconds };
  const see = await step('see', `curl -s -o /dev/null -D - ${URL}`, project, env);
  const load = await step('load', `npx fairlead load ${URL} -c 64 -d 5s`, project, env);
  const reload = await changePolicy(running);
  const kill = await killUnderLoad(running, second);
  const stop = await timed('stop', running, /drained/, () => running.interrupt());
  return [run, see, load, reload, ...kill, stop];
}

/** Somebody who wants to see a failure: load first, and a moment later Ctrl-C in the other terminal. */
async function killUnderLoad(running: Typed, second: Typed): Promise<Step[]> {
  const typed = `npx fairlead load ${URL} -c 64 -d 10s`;
  await using load = type(typed);
  await delay(MOMENT_MS);
  const kill = await timed('kill', running, /→ unhealthy/, () => second.interrupt());
  await load.ended();
  return [kill, { name: 'killed', typed, output: load.output(), seconds: load.seconds }];
}

/** As an editor does when it saves. */
async function changePolicy(running: Typed): Promise<Step> {
  const file = join(project, 'fairlead.yaml');
  const text = await readFile(file, 'utf8');
  const changed = text.replace('policy: power-of-two', 'policy: least-connections');
  if (changed === text) throw new Error(`there is no policy to change in:\n${text}`);
  return timed('reload', running, /reloaded in/, () => writeFile(file, changed));
}

/** What a running balancer prints when something happens. */
async function timed(name: string, running: Typed, answer: RegExp, act: () => Promise<void>): Promise<Step> {
  const from = running.length;
  const began = performance.now();
  await act();
  await running.printed(answer, from);
  return { name, typed: '', output: running.output(from), seconds: (performance.now() - began) / 1000 };
}

await writeFile(result, JSON.stringify(await walk()));
