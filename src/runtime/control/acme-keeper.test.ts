/** Certificates that do not come; with an authority that gives them: test/long/acme.test.ts. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { tempFolder } from '../../../test/support/access-log.ts';
import { FakeToday } from '../../../test/support/fake-time.ts';
import { issueCertificate } from '../../../test/support/issued-certificates.ts';
import { until } from '../../../test/support/until.ts';
import type { Cancel, Scheduler } from '../../checks/scheduler.ts';
import type { Config } from '../../config/config.ts';
import { toConfig } from '../../config/to-config.ts';
import { createSeededRandom } from '../../core/random.ts';
import { AcmeKeeper } from './acme-keeper.ts';
import type { CertificateEvent } from './certificate-event.ts';
import { StateLock } from './state-lock.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface Kept {
  readonly time: FakeToday;
  readonly keeper: AcmeKeeper;
  readonly events: readonly CertificateEvent[];
  readonly folder: string;
  readonly config: Config;
  /** How often the authority was asked. */
  asked(): number;
  /** Connections of it that are open. */
  open(): number;
  /** Timers that are armed: while it works there is none, until an order waits. */
  armed(): number;
}

/** An authority that hangs up on everybody, or that never says anything. */
async function keep(t: TestContext, { mayAsk = true, isSilent = false } = {}): Promise<Kept> {
  let count = 0;
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    count++;
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
    socket.resume();
    if (!isSilent) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as net.AddressInfo;
  const folder = join(tempFolder(t), 'state');
  const config = toConfig({
    stateDir: folder,
    acme: { terms: 'agreed', directory: `https://127.0.0.1:${port}/directory` },
    listeners: { secure: { address: ':443', tls: { acme: ['b.example', 'a.example'] } } },
    pools: { web: ['localhost:1'] },
  });
  const time = new FakeToday();
  const events: CertificateEvent[] = [];
  const armed = new Set<Cancel>();
  const scheduler: Scheduler = {
    after(ms, run) {
      const cancel = time.after(ms, () => {
        armed.delete(cancel);
        run();
      });
      armed.add(cancel);
      return () => {
        armed.delete(cancel);
        cancel();
      };
    },
  };
  const keeper = new AcmeKeeper({
    ...{ clock: time, scheduler, random: createSeededRandom(1), mayAsk },
    place: () => Promise.resolve(),
    onStored: () => assert.fail('nobody gives certificates'),
    onEvent: (event) => events.push(event),
  });
  t.after(() => keeper.close());
  assert.ok(await keeper.prepare(config.settings));
  return {
    time,
    keeper,
    events,
    folder,
    config,
    asked: () => count,
    open: () => sockets.size,
    armed: () => armed.size,
  };
}

/** What was begun by the time that has passed comes to its end. */
async function settle({ armed }: Kept): Promise<void> {
  await until(() => armed() > 0, 'it sleeps again');
}

describe('whoever keeps certificates up to date', () => {
  it('whoever keeps certificates up to date asks again after one minute, two, four, up to twelve hours, and tells of it once a day', async (t) => {
    const kept = await keep(t);
    const { time, keeper, events, config, asked } = kept;
    keeper.follow(config);
    time.advance(0);
    await settle(kept);
    assert.equal(asked(), 1);
    for (const minutes of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]) {
      const before = asked();
      time.advance(minutes * MINUTE_MS - 1000);
      await settle(kept);
      assert.equal(asked(), before, `not before ${minutes} min`);
      time.advance(1000);
      await settle(kept);
      assert.equal(asked(), before + 1, `after ${minutes} min`);
    }
    assert.equal(events.length, 1);
    const [{ listener, change, message }] = events;
    assert.deepEqual([listener, change], ['secure', 'not-issued']);
    assert.match(
      message,
      /^no certificate for b\.example, a\.example could be got: 127\.0\.0\.1:\d+ cannot be asked: ECONNRESET\. It is tried again in 1 min,/,
    );
    const [{ listener: of, change: still, message: why }] = keeper.troubles;
    assert.deepEqual([of, still, keeper.troubles.length], ['secure', 'not-issued', 1]);
    const next = new Date(time.wallTime() + 12 * HOUR_MS).toISOString();
    assert.match(
      why,
      /^no certificate for b\.example, a\.example could be got: .* cannot be asked: ECONNRESET\. It is tried again at (\S+)\. See that this machine may connect to the authority\.$/,
    );
    assert.ok(why.includes(`at ${next}.`), why);
    // It is a day later by now at the latest.
    for (let i = 0; i < 2; i++) {
      time.advance(12 * HOUR_MS);
      await settle(kept);
    }
    assert.equal(events.length, 2);
  });

  it('whoever keeps certificates up to date asks nobody where that is not wanted, and says so', async (t) => {
    const kept = await keep(t, { mayAsk: false });
    kept.keeper.follow(kept.config);
    assert.equal(kept.armed(), 0);
    assert.equal(kept.asked(), 0);
    assert.deepEqual(
      kept.events.map(({ change, message }) => [change, message]),
      [['warning', 'No authority is asked for certificates here.']],
    );
    assert.equal(existsSync(kept.folder), false);
  });

  it('whoever keeps certificates up to date asks nobody as long as another process does, and takes over from it', async (t) => {
    const kept = await keep(t);
    const { time, keeper, events, folder, config, asked } = kept;
    const { lock } = await StateLock.take(folder);
    keeper.follow(config);
    time.advance(0);
    await settle(kept);
    assert.equal(events.length, 1);
    time.advance(HOUR_MS);
    await settle(kept);
    assert.equal(asked(), 0);
    assert.deepEqual(
      events.map(({ change }) => change),
      ['warning'],
    );
    assert.match(events[0].message, new RegExp(`^process ${process.pid} gets the certificates in ${folder}: this one`));
    lock?.release();
    time.advance(MINUTE_MS);
    await settle(kept);
    assert.equal(asked(), 1);
  });

  it('whoever keeps certificates up to date takes up one that another has renewed, without asking', async (t) => {
    const kept = await keep(t);
    const { time, keeper, events, config, asked } = kept;
    const own = await keeper.prepare(config.settings);
    const { cert, key } = issueCertificate({ names: ['a.example', 'b.example'], fromDays: 0, toDays: 90 });
    await own?.storage.writeCertificate(['a.example', 'b.example'], cert + key);
    keeper.follow(config);
    time.advance(0);
    await settle(kept);
    time.advance(53 * 24 * HOUR_MS);
    await settle(kept);
    assert.deepEqual([asked(), events.length, keeper.troubles.length], [0, 0, 0]);
    time.advance(13 * 24 * HOUR_MS + HOUR_MS);
    await settle(kept);
    assert.equal(asked(), 1, 'it is renewed at two thirds of its life');
  });

  it('whoever keeps certificates up to date has no more trouble once another process has got the certificate', async (t) => {
    const kept = await keep(t);
    const { time, keeper, config } = kept;
    const own = await keeper.prepare(config.settings);
    keeper.follow(config);
    time.advance(0);
    await settle(kept);
    assert.match(
      keeper.troubles[0].message,
      new RegExp(`again at ${new Date(time.wallTime() + MINUTE_MS).toISOString()}`),
    );
    const { cert, key } = issueCertificate({ names: ['a.example', 'b.example'], fromDays: 0, toDays: 90 });
    await own?.storage.writeCertificate(['a.example', 'b.example'], cert + key);
    time.advance(MINUTE_MS);
    await settle(kept);
    assert.deepEqual([keeper.troubles, kept.asked()], [[], 1]);
  });

  it('whoever keeps certificates up to date asks for one again whose file is removed', async (t) => {
    const kept = await keep(t);
    const { time, keeper, config, asked } = kept;
    const own = await keeper.prepare(config.settings);
    assert.ok(own);
    const { cert, key } = issueCertificate({ names: ['a.example', 'b.example'], fromDays: 0, toDays: 90 });
    await own.storage.writeCertificate(['a.example', 'b.example'], cert + key);
    keeper.follow(config);
    time.advance(0);
    await settle(kept);
    assert.equal(asked(), 0);
    rmSync(own.storage.fileOf(['a.example', 'b.example']));
    time.advance(HOUR_MS);
    await settle(kept);
    assert.equal(asked(), 1);
    time.advance(MINUTE_MS);
    await settle(kept);
    assert.equal(asked(), 2, 'and again after a failure');
  });

  it('whoever keeps certificates up to date tries again in time, and tells of it, though the clock of the machine was ahead', async (t) => {
    const kept = await keep(t);
    const { time, keeper, events, config, asked } = kept;
    const wallTime = time.wallTime.bind(time);
    let aheadMs = 4 * 365 * 24 * HOUR_MS;
    t.mock.method(time, 'wallTime', () => wallTime() + aheadMs);
    keeper.follow(config);
    time.advance(0);
    await settle(kept);
    assert.deepEqual([asked(), events.length], [1, 1]);
    aheadMs = 0;
    time.advance(MINUTE_MS);
    await settle(kept);
    assert.equal(asked(), 2);
    time.advance(24 * HOUR_MS);
    await settle(kept);
    assert.equal(events.length, 2);
  });

  it('whoever keeps certificates up to date gives an order up at the end, says nothing of it, and leaves no lock', async (t) => {
    const kept = await keep(t, { isSilent: true });
    const { time, keeper, events, folder, config, asked, armed } = kept;
    keeper.follow(config);
    time.advance(0);
    await until(() => asked() === 1, 'the authority is asked');
    assert.ok(existsSync(join(folder, 'lock')));
    keeper.close();
    assert.equal(existsSync(join(folder, 'lock')), false);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([asked(), events.length, armed()], [1, 0, 0]);
  });

  it('whoever keeps certificates up to date goes on with an order over a reload, unless nobody wants it any more', async (t) => {
    const kept = await keep(t, { isSilent: true });
    const { time, keeper, events, config, asked, open } = kept;
    const wanting = (...acme: readonly string[]): Config => {
      const listeners = config.listeners.map((one) => ({ ...one, tls: one.tls && { ...one.tls, acme } }));
      return { ...config, listeners };
    };
    keeper.follow(config);
    time.advance(0);
    await until(() => asked() === 1, 'the authority is asked');
    keeper.follow(wanting('a.example', 'b.example'));
    time.advance(0);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([asked(), open()], [1, 1]);
    keeper.follow(wanting('c.example'));
    await until(() => {
      time.advance(0);
      return asked() === 2;
    }, 'the authority is asked for the other name');
    await until(() => open() === 1, 'the order that nobody wants is given up');
    assert.deepEqual(events, []);
  });

  it('whoever keeps certificates up to date says of a folder that cannot be written to that nothing can be kept', async (t) => {
    const kept = await keep(t);
    const { time, keeper, events, config, asked } = kept;
    const settings = { ...config.settings, stateDir: join(import.meta.filename, 'state') };
    await keeper.prepare(settings);
    keeper.follow({ ...config, settings });
    time.advance(0);
    await settle(kept);
    assert.match(
      events[0].message,
      /could be got: stateDir cannot be written to \(ENOTDIR\)\. It is tried again in 1 min/,
    );
    assert.equal(asked(), 0);
  });
});
