/** What a running Fairlead says is wrong with it, and why it cannot say. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AdminUnreachable, askAdmin } from '../../src/admin/client.ts';
import { openDoor } from '../../src/admin/door.ts';
import { tempFolder } from '../support/access-log.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { startHttpServer } from '../support/http-server.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import { request } from '../support/running-balancer.ts';
import { writePair } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

async function fairlead(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  await using command = new FairleadProcess(args);
  const { code } = await command.ended;
  return { code, stdout: command.stdout, stderr: command.stderr };
}

/** The program in a folder of its own, where it can be replaced while it runs. */
function copyProgram(t: TestContext): string {
  const folder = tempFolder(t);
  const filter = (path: string): boolean => !path.endsWith('.test.ts');
  for (const name of ['bin', 'src', 'package.json'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

describe('the commands that ask a running Fairlead', () => {
  it('the commands that ask a running Fairlead name a certificate that cannot be used, until it can', async (t) => {
    const folder = tempFolder(t);
    const port = await startHttpServer(t, (_request, response) => response.end('ok'));
    const pair = writePair(folder, 'site.pem', issueCertificate({ names: ['a.example'] }));
    const whole = readFileSync(pair);
    const file = join(folder, 'certificates.yaml');
    const tls = `{ address: '127.0.0.1:0', tls: { certificates: site.pem } }`;
    writeFileSync(file, `threads: 1\nlisteners: { web: ${tls} }\npools: { web: ['127.0.0.1:${port}'] }\n`);
    await using running = new FairleadProcess(['run', '-c', file]);
    await running.port();
    const isWell = async (): Promise<boolean> =>
      (await fairlead('status', '-c', file)).stdout.endsWith('\nno problems\n');
    await until(isWell, 'the admin socket');
    const reload = async (said: RegExp): Promise<void> => {
      running.kill('SIGHUP');
      await until(
        () => said.test(running.stderr),
        () => running.stderr,
      );
    };
    writeFileSync(pair, 'half of a certif');
    await reload(/listener web: certificate-unusable: .*site\.pem: it holds no certificate/);
    const broken =
      /\nproblems\n {2}listener web: certificate-unusable: .*site\.pem: it holds no certificate in PEM\. Name/;
    await until(async () => broken.test((await fairlead('status', '-c', file)).stdout), 'status names it');
    writeFileSync(pair, whole);
    await reload(/listener web: \S+site\.pem: it can be used again\n/);
    assert.match((await fairlead('status', '-c', file)).stdout, /\nno problems\n$/);
  });

  it('the commands that ask a running Fairlead are told to restart it where the program on disk does not fit it', async (t) => {
    const path = join(tempFolder(t), 'replaced.sock');
    const fails = (): never => {
      throw new TypeError('a part that was loaded late');
    };
    const said = 'the program on disk is 2.0.0, and this process runs 1.0.0: restart it';
    const facts = { version: '1.0.0', startedAt: 0, config: null, replaced: () => said };
    const door = await openDoor(path, {
      balancer: { stats: fails, addresses: fails, setStanding: fails, bans: fails, ban: fails, unban: fails },
      process: facts,
    });
    t.after(() => door.close());
    const { status, content } = await askAdmin(path, 'GET', '/v1/status');
    assert.deepEqual(
      [status, content],
      [503, { type: 'about:blank', title: 'Service Unavailable', status: 503, code: 'program-replaced', detail: said }],
    );
    const asked = await fairlead('status', '--admin', `unix:${path}`);
    assert.notEqual(asked.code, 0);
    assert.match(asked.stderr, /the program on disk is 2\.0\.0, and this process runs 1\.0\.0: restart it/);
  });
});

describe('a process whose program was replaced on disk', () => {
  it('a process whose program was replaced on disk serves on, and says at a reload and at its admin socket that it has to be restarted', async (t) => {
    const program = copyProgram(t);
    const port = await startHttpServer(t, (_request, response) => response.end('ok'));
    const [file, socket] = [join(program, 'fairlead.yaml'), join(program, 'admin.sock')];
    const web = `listeners: { web: '127.0.0.1:0' }\npools: { web: ['127.0.0.1:${port}'] }\n`;
    writeFileSync(file, `threads: 1\nadmin: "unix:${socket}"\n${web}`);
    await using running = new FairleadProcess(['run', '-c', file], { bin: join(program, 'bin', 'fairlead.js') });
    const listener = await running.port();
    // Whoever connects makes it load what answers there.
    await until(() => existsSync(socket), 'the admin socket');
    writeFileSync(join(program, 'package.json'), JSON.stringify({ type: 'module', version: '99.1.0' }));
    writeFileSync(join(program, 'src', 'cli', 'reloader.ts'), 'export {};');
    const restart = String.raw`the program on disk is 99\.1\.0, and this process runs \d+\.\d+\.\d+: restart it`;
    const said = async (text: string): Promise<void> =>
      until(
        () => new RegExp(text).test(running.stderr),
        () => running.stderr,
      );
    running.kill('SIGHUP');
    await said(`not reloaded: ${restart}; the running config stays\n`);
    writeFileSync(join(program, 'src', 'admin', 'server.ts'), 'export {};');
    await assert.rejects(askAdmin(socket, 'GET', '/v1/status'), AdminUnreachable);
    await said(`the admin API cannot be loaded: ${restart}\n`);
    assert.equal(await request(listener), '');
  });
});
