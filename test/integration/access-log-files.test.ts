/** Where lines go, and what becomes of them when that goes wrong: no request waits, and what is lost is counted. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import {
  exchange,
  get,
  loggedConfig,
  readLines,
  runLogged,
  startObedientEndpoint,
  tempFolder,
} from '../support/access-log.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { configOf, runBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

/** `count` requests, over connections that are kept for 100 each. */
async function ask(port: number, count: number, path = '/ok'): Promise<void> {
  for (let done = 0; done < count; done += 100) {
    const many = Math.min(100, count - done);
    const request = `GET ${path}?n=`;
    const rest = Array.from({ length: many - 1 }, (_, n) => `${request}${done + n} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const answers = await exchange(port, rest.join('') + get(`${path}?n=${done + many - 1}`));
    assert.equal(answers.match(/HTTP\/1\.1 200/g)?.length, many);
  }
}

describe('the file of the access log', () => {
  it('the file of the access log is put aside by size, packed, and only so many are kept', async (t) => {
    const { balancer, port, file } = await runLogged(t, { file: 'rotate: { size: 4KiB, keep: 2 }' });
    const aside = (): readonly string[] =>
      readdirSync(dirname(file)).filter((name) => /^access-.*\.log\.gz$/.test(name));
    for (let round = 0; round < 6; round++) {
      const before = JSON.stringify(aside());
      await ask(port, 100, `/ok/${round}`);
      await until(() => JSON.stringify(aside()) !== before, 'the file is put aside');
    }
    await balancer.close();
    assert.equal(aside().length, 2, aside().join(' '));
    const old = gunzipSync(readFileSync(join(dirname(file), aside()[0]))).toString();
    for (const line of old.split('\n').slice(0, -1)) assert.equal((JSON.parse(line) as { status: number }).status, 200);
  });

  it('the file of the access log is put aside as it is, where it is not to be packed', async (t) => {
    const { port, file } = await runLogged(t, { file: 'rotate: { size: 4KiB, every: 1d, keep: 3, compress: off }' });
    await ask(port, 100);
    const aside = (): readonly string[] => readdirSync(dirname(file)).filter((name) => /^access-.*\.log$/.test(name));
    await until(() => aside().length > 0, 'the file is put aside');
    assert.match(aside()[0], /^access-\d{8}T\d{6}-\d{3}\.log$/);
    assert.match(readFileSync(join(dirname(file), aside()[0]), 'utf8'), /^\{"level":30,.*\}\n$/s);
  });

  for (const rotate of ['rotate: off', 'rotate: { size: 1GiB }']) {
    it(`the file of the access log goes on in a new one after it was moved away, with ${rotate}, without losing a line`, async (t) => {
      const { balancer, port, file } = await runLogged(t, { file: rotate });
      await ask(port, 200);
      renameSync(file, `${file}.1`);
      assert.equal(balancer.reopenLogs(), true);
      await until(() => readdirSync(dirname(file)).includes('access.log'), 'the new file is there');
      await ask(port, 200);
      await balancer.close();
      assert.ok(readLines(file).length >= 200, String(readLines(file).length));
      assert.equal(readLines(file).length + readLines(`${file}.1`).length, 400);
    });
  }

  it('a file of the access log that cannot be opened makes listen fail, and a reload, which then changes nothing', async (t) => {
    const folder = tempFolder(t);
    const endpoint = await startObedientEndpoint(t);
    writeFileSync(join(folder, 'plain'), '');
    const { balancer, port, file, endpoint: own } = await runLogged(t);
    for (const [impossible, rotate] of [
      [join(folder, 'plain', 'access.log'), 'rotate: off'],
      [folder, 'rotate: off'],
      [folder, 'rotate: { size: 1GiB }'],
    ]) {
      const error = { code: 'FL_ACCESS_LOG', message: `accessLog: cannot write to ${impossible}: ` };
      const isIt = (thrown: Error & { readonly code?: string }): boolean =>
        thrown.code === error.code && thrown.message.startsWith(error.message) && !thrown.message.includes('thread');
      await assert.rejects(runBalancer(loggedConfig(endpoint, impossible, { file: rotate })), isIt);
      await assert.rejects(balancer.reload(configOf(loggedConfig(own, impossible, { file: rotate }))), isIt);
    }
    await ask(port, 1);
    await until(() => readLines(file).length === 1, 'the log before goes on');
  });

  it(
    'a file of the access log that fails later is tried again, and what it missed is counted',
    { skip: process.getuid?.() !== 0 ? 'needs /dev/full' : false },
    async (t) => {
      const folder = tempFolder(t);
      const endpoint = await startObedientEndpoint(t);
      const { balancer, port } = await runBalancer(loggedConfig(endpoint, '/dev/full', {}));
      t.after(() => balancer.close({ force: true }));
      const said: string[] = [];
      balancer.on('log', (text) => said.push(text));
      await ask(port, 10);
      await until(
        () => said.some((text) => text.includes('cannot be written')),
        () => said.join('\n'),
      );
      await ask(port, 10);
      await until(() => balancer.stats().accessLog.dropped > 0, 'lines are counted as dropped');
      const file = join(folder, 'access.log');
      const before = balancer.addresses()[0].port;
      const next = { ...configOf(loggedConfig(endpoint, file, {})) };
      await balancer.reload({ ...next, listeners: next.listeners.map((each) => ({ ...each, port: before })) });
      await ask(port, 10);
      // Lines that the full one had not been given yet may come here as well.
      await until(() => readLines(file).length >= 10, 'another file takes lines');
    },
  );
});

/** A disk of its own, small enough to be filled; null where the system does not allow one. */
function smallDisk(t: TestContext): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
  t.after(() => {
    if (mounted.status === 0) spawnSync('umount', ['-l', folder]);
    rmdirSync(folder);
  });
  return mounted.status === 0 ? folder : null;
}

describe('a full disk', () => {
  for (const rotate of ['rotate: off', 'rotate: { size: 1GiB }']) {
    it(`a full disk costs lines that are all counted, and no more, with ${rotate}`, async (t) => {
      const disk = smallDisk(t);
      if (disk === null) {
        t.skip('NOT TESTED: this needs to mount a tmpfs, for which one has to be root');
        return;
      }
      const filler = join(disk, 'filler');
      writeFileSync(filler, Buffer.alloc(32 * 1024));
      const file = join(disk, 'access.log');
      const endpoint = await startObedientEndpoint(t);
      const { balancer, port } = await runBalancer(loggedConfig(endpoint, file, { file: rotate }));
      t.after(() => balancer.close({ force: true }));
      const dropped = (): number => balancer.stats().accessLog.dropped;
      let asked = 0;
      for (; dropped() === 0 && asked < 2000; asked += 100) await ask(port, 100);
      await ask(port, 100);
      const before = readFileSync(file, 'utf8');
      rmSync(filler);
      const said: string[] = [];
      balancer.on('log', (text) => said.push(text));
      asked += 100;
      for (; !said.includes('the access log is written again') && asked < 6000; asked++) await ask(port, 1);
      await balancer.close();
      const text = readFileSync(file, 'utf8');
      assert.ok(text.startsWith(before) && before.length > 16 * 1024, 'what was there stays');
      const lines = text.split('\n').slice(0, -1);
      const broken = lines.filter((line) => !/^\{.*\}$/.test(line));
      assert.ok(broken.length <= 1, broken.join('\n'));
      assert.ok(
        broken.length === 0 || before.endsWith(broken[0]),
        'only the line in which the disk became full is torn',
      );
      const whole = lines.filter((line) => line.includes('"path":'));
      assert.equal(whole.length - broken.filter((line) => line.includes('"path":')).length + dropped(), asked);
    });
  }
});

describe('a ring of the access log', () => {
  it('a full ring of the access log drops lines, counts and reports them, while requests go on', async (t) => {
    const { balancer, port, file } = await runLogged(t, { accessLog: 'buffer: 16KiB' });
    const long = 'x'.repeat(2000);
    // Pipelined, so that they end faster than the scribe looks.
    for (let round = 0; balancer.stats().accessLog.dropped === 0 && round < 50; round++)
      await ask(port, 100, `/ok/${long}`);
    const { dropped } = balancer.stats().accessLog;
    assert.ok(dropped > 0);
    await until(() => readLines(file).some((line) => line.includes('were dropped')), 'the log tells');
    const told = readLines(file).filter((line) => line.includes('"dropped":'));
    assert.match(told[0], /^\{"level":40,"time":\d+,"dropped":\d+,"msg":"\d+ lines of the access log were dropped"\}$/);
  });
});

describe('fairlead run', () => {
  async function started(
    t: Parameters<typeof tempFolder>[0],
    accessLog: string,
    threads = 2,
  ): Promise<FairleadProcess> {
    const folder = tempFolder(t);
    const endpoint = await startObedientEndpoint(t);
    const text = [
      `threads: ${threads}`,
      'listeners: { web: "127.0.0.1:0" }',
      `accessLog: ${accessLog}`,
      `pools: { web: ["127.0.0.1:${endpoint}"] }`,
    ].join('\n');
    mkdirSync(join(folder, 'logs'));
    writeFileSync(join(folder, 'fairlead.yaml'), text);
    return new FairleadProcess(['run'], { cwd: folder });
  }

  it('fairlead run writes every line before it ends, to stdout', async (t) => {
    await using fairlead = await started(t, 'on');
    const port = await fairlead.port();
    await ask(port, 1000);
    fairlead.kill('SIGTERM');
    assert.deepEqual(await fairlead.ended, { code: 0, signal: null });
    assert.equal(fairlead.stdout.match(/^\{"level":30,.*"status":200,.*\}$/gm)?.length, 1000);
  });

  it('fairlead run writes to stderr where that is asked for', async (t) => {
    await using fairlead = await started(t, '{ to: stderr, format: "line of $path" }');
    await ask(await fairlead.port(), 3);
    await until(
      () => fairlead.stderr.match(/^line of \/ok\?n=\d$/gm)?.length === 3,
      () => fairlead.stderr,
    );
    assert.doesNotMatch(fairlead.stdout, /line of/);
  });

  it('fairlead run goes on in a new file at SIGUSR1', async (t) => {
    const folder = tempFolder(t);
    const file = join(folder, 'access.log');
    await using fairlead = await started(t, JSON.stringify({ to: { file } }));
    const port = await fairlead.port();
    await ask(port, 1);
    await until(() => readLines(file).length === 1, 'a line');
    rmSync(file);
    fairlead.kill('SIGUSR1');
    await until(
      () => fairlead.stderr.includes('SIGUSR1: the access log is opened again'),
      () => fairlead.stderr,
    );
    await ask(port, 1);
    await until(() => readLines(file).length === 1, 'a line in the new file');
  });

  it('fairlead run goes on answering when nobody reads its stdout any more', async (t) => {
    await using fairlead = await started(t, 'on');
    const port = await fairlead.port();
    fairlead.closeStdout();
    await ask(port, 300);
    await until(
      () => fairlead.stderr.includes('the access log cannot be written'),
      () => fairlead.stderr,
    );
    await ask(port, 300);
    fairlead.kill('SIGTERM');
    assert.deepEqual(await fairlead.ended, { code: 0, signal: null });
  });

  it('fairlead run ends with 69 where its log cannot be opened', async (t) => {
    await using fairlead = await started(t, '{ to: { file: /proc/nowhere/access.log } }');
    assert.equal((await fairlead.ended).code, 69);
    assert.match(fairlead.stderr, /^fairlead: accessLog: cannot write to \/proc\/nowhere\/access\.log: /m);
  });
});
