/**
 * `npm run pictures`: terminal pictures of docs/images, each from the running program. `npm run pictures -- demo check`
 * makes some of them.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseConfig } from '../../src/config/load.ts';
import { startBackend } from '../../src/backend/backend.ts';
import { createBalancer } from '../../src/runtime/create-balancer.ts';
import { Terminal, requireTmux } from '../../test/support/terminal.ts';
import { parseAnsiScreen } from './ansi-screen.ts';
import { drawTerminal } from './draw-terminal.ts';
import { SCENES } from './scenes.ts';
import type { Scene } from './scenes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'docs', 'images');
const MOST_BYTES = 60 * 1024;
/** What the terminal says when the program has ended is no part of the picture. */
const END = /^.*ended with code \d+[^]*$/m;

async function main(): Promise<void> {
  const problem = requireTmux();
  if (problem !== null) throw new Error(problem);
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => SCENES.every((scene) => scene.name !== name));
  if (unknown.length > 0) throw new Error(`no such picture: ${unknown.join(', ')}`);
  for (const scene of SCENES) {
    if (wanted.length === 0 || wanted.includes(scene.name)) await makePicture(scene);
  }
}

async function makePicture(scene: Scene): Promise<void> {
  const screen = await playScene(scene);
  const svg = drawTerminal(scene.title, scene.columns, parseAnsiScreen(screen));
  if (Buffer.byteLength(svg) > MOST_BYTES) throw new Error(`${scene.name}: ${Buffer.byteLength(svg)} bytes`);
  await writeFile(join(FOLDER, `${scene.name}.svg`), svg);
  console.log(`docs/images/${scene.name}.svg, ${Math.ceil(Buffer.byteLength(svg) / 1024)} KiB`);
}

/** What the screen shows in the end, with its colours. */
async function playScene(scene: Scene): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-picture-'));
  const bin = await mkdtemp(join(tmpdir(), 'fairlead-picture-bin-'));
  const balanced = scene.isBalanced === true ? await startBalanced() : null;
  try {
    for (const [name, text] of Object.entries(scene.files)) await writeFile(join(folder, name), text);
    const launcher = `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'bin', 'fairlead.js')}' "$@"\n`;
    await writeFile(join(bin, 'fairlead'), launcher, { mode: 0o755 });
    const command = scene.command.replace('{port}', String(balanced?.port));
    await using terminal = await Terminal.start(typed(command, bin), {
      columns: scene.columns,
      rows: scene.rows,
      cwd: command.startsWith('npm ') ? ROOT : folder,
    });
    await (scene.play === undefined ? terminal.ended() : scene.play(terminal));
    return (await terminal.readColored()).replace(END, '');
  } finally {
    await balanced?.close();
    await Promise.all([folder, bin].map((each) => rm(each, { recursive: true })));
  }
}

/** The command, after a prompt with it. Here, since tmux gives each session the PATH of its client. */
function typed(command: string, bin: string): string {
  return `export PATH='${bin}':"$PATH"; printf '\\033[32m$\\033[0m \\033[1m%s\\033[0m\\n' '${command}'; ${command}`;
}

async function startBalanced(): Promise<{ port: number; close(): Promise<void> }> {
  const servers = await Promise.all(['s1', 's2', 's3'].map((name) => startBackend({ name, latencyMs: 5 })));
  const endpoints = servers.map(({ host, port }) => `${host}:${port}`).join(', ');
  const parsed = parseConfig(`listeners: { web: 127.0.0.1:0 }\npools: { web: [${endpoints}] }\n`, 'load.yaml');
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors));
  const balancer = createBalancer(parsed.config);
  await balancer.listen();
  return {
    port: balancer.addresses()[0].port,
    async close() {
      await balancer.close({ force: true });
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

await main();
