/** Sessions of TLS that go on in another thread, after a worker was replaced, under a new key, at another machine. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemScheduler } from '../../src/checks/scheduler.ts';
import type { Scheduler } from '../../src/checks/scheduler.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Clock } from '../../src/core/clock.ts';
import { tempFolder } from '../support/access-log.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { startHttpServer } from '../support/http-server.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import { askOpenssl, hasOpenssl } from '../support/openssl-client.ts';
import { configOf } from '../support/running-balancer.ts';
import { openTls, runTls, writePair } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

const SITE = issueCertificate({ names: ['a.example'] });
const OTHER = issueCertificate({ names: ['b.example'] });
const VERSIONS = ['-tls1_2', '-tls1_3'] as const;
const HOUR_MS = 3_600_000;
const HALF_DAY_MS = 12 * HOUR_MS;

type Version = (typeof VERSIONS)[number];

const BOTH = (folder: string): string =>
  `certificates: ${JSON.stringify([writePair(folder, 'a.pem', SITE), writePair(folder, 'b.pem', OTHER)])}`;

/** Files with a session of each version, earned now. */
async function earn(port: number, folder: string, name = 'a.example'): Promise<Readonly<Record<Version, string>>> {
  const files = { '-tls1_2': '', '-tls1_3': '' };
  for (const version of VERSIONS) {
    files[version] = join(folder, `session${version}-${randomBytes(4).toString('hex')}`);
    const said = await askOpenssl(port, version, '-servername', name, '-sess_out', files[version]);
    assert.match(said, /New, TLS/);
  }
  return files;
}

/** How many of so many connections of each version went on with its session. All are served. */
async function resumed(
  port: number,
  sessions: Readonly<Record<Version, string>>,
  count: number,
  name = 'a.example',
): Promise<readonly number[]> {
  const counts: number[] = [];
  for (const version of VERSIONS) {
    const asked = Array.from({ length: count }, () =>
      askOpenssl(port, version, '-servername', name, '-sess_in', sessions[version]),
    );
    const said = await Promise.all(asked);
    for (const each of said) assert.match(each, /HTTP\/1\.1 200/);
    counts.push(said.filter((each) => each.includes('Reused, TLS')).length);
  }
  return counts;
}

/** The system's time, but for half days that a test lets pass, in which the timers that wait for an hour fire. */
function halfDays(): { readonly scheduler: Scheduler; readonly clock: Clock; fire(): void } {
  const due = new Set<() => void>();
  let passedMs = 0;
  return {
    clock: { now: () => systemClock.now(), wallTime: () => systemClock.wallTime() + passedMs },
    scheduler: {
      after(ms, run) {
        if (ms !== HOUR_MS) return systemScheduler.after(ms, run);
        due.add(run);
        return () => due.delete(run);
      },
    },
    fire() {
      passedMs += HALF_DAY_MS;
      const firing = [...due];
      due.clear();
      for (const run of firing) run();
    },
  };
}

/** What the key is called that tickets are made with. */
async function keyName(port: number): Promise<string> {
  const socket = await openTls(port, { servername: 'a.example', maxVersion: 'TLSv1.2' });
  const ticket = socket.getTLSTicket();
  socket.destroy();
  return ticket?.toString('hex', 0, 16) ?? '';
}

/** All threads make tickets with another key than this. */
async function rotated(port: number, before: string): Promise<void> {
  await until(async () => {
    const names = new Set(await Promise.all(Array.from({ length: 12 }, () => keyName(port))));
    return names.size === 1 && !names.has(before);
  }, 'every thread has the new key');
}

test('a session of TLS 1.2 and 1.3 goes on in each of four threads, and in those that take their place', async (t) => {
  if (!hasOpenssl(t)) return;
  const { balancer, port, folder } = await runTls(t, BOTH, { threads: 4 });
  const sessions = await earn(port, folder);
  assert.deepEqual(await resumed(port, sessions, 8), [8, 8]);
  await balancer.replaceWorkers();
  assert.deepEqual(await resumed(port, sessions, 8), [8, 8]);
});

test('a session goes on under the key before the newest, and under none that is older', async (t) => {
  if (!hasOpenssl(t)) return;
  const time = halfDays();
  const { balancer, port, folder } = await runTls(t, BOTH, { threads: 4, ...time });
  const first = await earn(port, folder);
  const firstName = await keyName(port);
  time.fire();
  await rotated(port, firstName);
  assert.deepEqual(await resumed(port, first, 6), [6, 6], 'the key before the newest is still good');
  const second = await earn(port, folder);
  assert.deepEqual(await resumed(port, second, 6), [6, 6]);
  // Who begins to serve after the change knows both keys as well.
  await balancer.replaceWorkers();
  assert.deepEqual(
    [await resumed(port, first, 3), await resumed(port, second, 3)],
    [
      [3, 3],
      [3, 3],
    ],
  );
  const secondName = await keyName(port);
  time.fire();
  await rotated(port, secondName);
  assert.deepEqual(await resumed(port, first, 2), [0, 0]);
  assert.deepEqual(await resumed(port, second, 6), [6, 6]);
});

test('a session of one listener does not go on at another', async (t) => {
  if (!hasOpenssl(t)) return;
  const { balancer, folder } = await runTls(t, BOTH, {
    edit: (text) =>
      text.replace(
        /web: (\{ address: "127.0.0.1:0",  tls: \{.*?\} \})/,
        (_all, map: string) => `web: ${map}, other: ${map}`,
      ),
  });
  const [one, other] = balancer.addresses().map(({ port }) => port);
  const sessions = await earn(one, folder);
  assert.deepEqual(await resumed(other, sessions, 1), [0, 0]);
  assert.deepEqual(await resumed(one, sessions, 1), [1, 1]);
});

test('machines with the same file of ticket keys take each other’s sessions, those of its older keys as well', async (t) => {
  if (!hasOpenssl(t)) return;
  const file = join(tempFolder(t), 'tickets.key');
  const [oldest, newest] = [randomBytes(48), randomBytes(48)];
  const write = (...keys: readonly Buffer[]): void =>
    writeFileSync(file, keys.map((key) => `${key.toString('base64')}\n`).join(''), { mode: 0o600 });
  write(oldest);
  const keys = (folder: string): string => `${BOTH(folder)}, ticketKeys: ${file}`;
  const [one, other] = [await runTls(t, keys), await runTls(t, keys, { threads: 2 })];
  const sessions = await earn(one.port, one.folder);
  assert.equal(await keyName(one.port), oldest.toString('hex', 0, 16));
  assert.deepEqual(await resumed(other.port, sessions, 4), [4, 4]);

  write(newest, oldest);
  await other.balancer.reload(configOf(other.config(keys(other.folder))));
  assert.equal(await keyName(other.port), newest.toString('hex', 0, 16));
  assert.deepEqual(await resumed(other.port, sessions, 4), [4, 4]);
  assert.equal(other.certificateEvents.length, 0);

  // What cannot be used changes nothing.
  writeFileSync(file, 'no key\n');
  await other.balancer.reload(configOf(other.config(keys(other.folder))));
  assert.match(
    other.certificateEvents.map(({ change, message }) => `${change} ${message}`).join(),
    /^unusable line 1 is/,
  );
  assert.equal(await keyName(other.port), newest.toString('hex', 0, 16));
  write(newest);
  await other.balancer.reload(configOf(other.config(keys(other.folder))));
  assert.deepEqual(await resumed(other.port, sessions, 1), [0, 0]);
});

/** A process with this config, for as long as `use` takes; then it is asked to end. */
async function whileRunning(config: string, use: (port: number) => Promise<void>): Promise<void> {
  await using running = new FairleadProcess(['run', '--config', config], { env: { STATE_DIRECTORY: '' } });
  await use(await running.port());
  running.kill('SIGTERM');
  assert.deepEqual(await running.ended, { code: 0, signal: null }, running.stderr);
}

test('a session of TLS 1.2 and 1.3 goes on after a restart where stateDir keeps the keys of tickets, and not without it', async (t) => {
  if (!hasOpenssl(t)) return;
  const folder = tempFolder(t);
  const endpoint = await startHttpServer(t, (_request, response) => response.end('ok'));
  const config = join(folder, 'fairlead.yaml');
  for (const [stateDir, counts] of [
    ['stateDir: state', [2, 2]],
    ['', [0, 0]],
  ] as const) {
    writeFileSync(
      config,
      `threads: 2\n${stateDir}\nlisteners: { web: { address: "127.0.0.1:0", tls: { ${BOTH(folder)} } } }\npools: { web: ["127.0.0.1:${endpoint}"] }\n`,
    );
    let sessions = { '-tls1_2': '', '-tls1_3': '' };
    await whileRunning(config, async (port) => {
      sessions = await earn(port, folder);
      assert.deepEqual(await resumed(port, sessions, 1), [1, 1]);
      if (stateDir !== '') await until(() => existsSync(join(folder, 'state/ticket-keys')), 'the keys are kept');
    });
    await whileRunning(config, async (port) => {
      assert.deepEqual(await resumed(port, sessions, 2), counts, `with ${stateDir}`);
    });
  }
});

test('a listener with a file of ticket keys goes by that alone, and nothing is kept in stateDir for it', async (t) => {
  const folder = tempFolder(t);
  const key = randomBytes(48);
  writeFileSync(join(folder, 'tickets.key'), key.toString('base64'), { mode: 0o600 });
  const keys = (own: string): string => `${BOTH(own)}, ticketKeys: ${folder}/tickets.key`;
  const tls = await runTls(t, keys, { more: `stateDir: ${folder}/state` });
  assert.equal(await keyName(tls.port), key.toString('hex', 0, 16));
  await tls.balancer.reload(configOf(tls.config(keys(tls.folder))));
  assert.equal(existsSync(join(folder, 'state')), false);
  // Without the file the process has keys of its own from then on, and keeps them.
  await tls.balancer.reload(configOf(tls.config(BOTH(tls.folder))));
  await rotated(tls.port, key.toString('hex', 0, 16));
  await until(() => existsSync(join(folder, 'state/ticket-keys')), 'the keys are kept');
  assert.deepEqual(tls.certificateEvents, []);
});

test('a stateDir that ticket keys cannot be written to is told of for the listener, and its clients are served', async (t) => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'state'), 'no folder');
  const { balancer, port, certificateEvents } = await runTls(t, BOTH, { more: `stateDir: ${folder}/state` });
  await until(() => certificateEvents.length > 0, 'it is told of');
  const [{ listener, change, file, message }] = certificateEvents;
  assert.deepEqual([listener, change, file], ['web', 'warning', join(folder, 'state/ticket-keys')]);
  assert.match(message, /^it cannot be written \(\w+\), and sessions end with this process\. Make stateDir writable/);
  assert.deepEqual(balancer.stats().certificates, certificateEvents);
  assert.notEqual(await keyName(port), '');
});

test('keys of tickets are in no snapshot, figure or event', async (t) => {
  const key = randomBytes(48);
  const { balancer, certificateEvents } = await runTls(t, (folder) => {
    writeFileSync(join(folder, 'tickets.key'), key.toString('base64'), { mode: 0o600 });
    return `${BOTH(folder)}, ticketKeys: ${folder}/tickets.key`;
  });
  const said = JSON.stringify([balancer.snapshot, balancer.stats(), certificateEvents]);
  assert.ok(!said.includes(key.toString('base64')) && !said.includes(key.toString('hex').slice(0, 32)));
});
