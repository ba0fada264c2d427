/** What docs/certificates.md says of pebble, done word for word, at ports that are free. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import type { TestContext } from 'node:test';
import { findCommand } from '../../bench/commands.ts';
import { findExamples, readPage } from '../docs/pages.ts';
import { tempFolder } from '../support/access-log.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { startHttpServer } from '../support/http-server.ts';
import { freePorts, whyNoPebble } from '../support/pebble.ts';
import { until } from '../support/until.ts';

const LIMIT_MS = 60_000;
const PORTS = ['14000', '15000', '5002', '5001', '8053', '8055'];
const lacking = ['openssl', 'curl'].filter((name) => findCommand(name) === null).map((name) => `needs ${name}`);

function startShell(t: TestContext, script: string, cwd: string): ChildProcess {
  // A group of its own: the script leaves what it starts behind.
  const shell = spawn('sh', ['-c', script], { cwd, detached: true, stdio: 'ignore' });
  t.after(() => {
    if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL');
  });
  return shell;
}

it('the page about certificates says how one comes from pebble, and how clients trust it', async (t) => {
  const why = whyNoPebble() ?? lacking[0];
  if (why !== undefined) {
    t.skip(why);
    return;
  }
  const page = readPage('docs/certificates.md');
  const start = page.lines.indexOf('## Trying it on one machine');
  assert.ok(start > 0);
  const examples = findExamples({ ...page, lines: page.lines.slice(start) });
  const backend = await startHttpServer(t, (_request, response) => response.end('site'));
  const free = await freePorts(PORTS.length);
  const elsewhere = (text: string): string =>
    PORTS.reduce((changed, port, i) => changed.replaceAll(new RegExp(`\\b${port}\\b`, 'g'), String(free[i])), text);
  const [begin, ask] = examples.filter(({ language }) => language === 'sh').map(({ text }) => elsewhere(text));
  const [config] = examples.filter(({ language }) => language === 'yaml').map(({ text }) => elsewhere(text));
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'fairlead.yaml'), config.replace('localhost:8081', `localhost:${backend}`));
  startShell(t, `${begin}\nwait`, folder);
  // Until pebble listens it is asked again after a minute.
  const isThere = async (): Promise<boolean> => {
    const [code] = (await once(
      spawn('curl', ['-sk', `https://localhost:${free[0]}/dir`], { stdio: 'ignore' }),
      'exit',
    )) as [number | null];
    return code === 0;
  };
  await until(isThere, 'pebble listens', LIMIT_MS);
  await using running = new FairleadProcess(['run'], { cwd: folder });
  await until(
    () => running.stderr.includes('a new certificate for www.example.com is served'),
    () => running.stderr,
    LIMIT_MS,
  );
  const asking = spawn('sh', ['-ec', ask.trim().replace(/\n(curl .*)$/, '\n$1 -o answer')], {
    cwd: folder,
    stdio: 'ignore',
  });
  assert.deepEqual(await once(asking, 'exit'), [0, null]);
  assert.equal(readFileSync(join(folder, 'answer'), 'utf8'), 'site');
});
