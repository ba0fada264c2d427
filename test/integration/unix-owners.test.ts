/** Listeners on unix sockets over reloads, and when the thread that owns them is replaced or ends. */
import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { configOf } from '../support/running-balancer.ts';
import { WEB, listenAt, serve, startUnixLoad } from '../support/unix-listeners.ts';
import { getOver } from '../support/unix-server.ts';
import { until } from '../support/until.ts';

describe('listeners on unix sockets over a reload', () => {
  for (const threads of [0, 2]) {
    it(`listeners on unix sockets come, go, take each other's names and stay at a reload, and lose no connection (${threads} threads)`, async (t) => {
      const { balancer, path, text, folder } = await serve(t, WEB, threads);
      const load = startUnixLoad(path('web.sock'));
      t.after(() => load.stop());
      const { ino } = lstatSync(path('web.sock'));
      const added = await balancer.reload(configOf(text(`${WEB}, a: 'unix:%/a.sock', b: '127.0.0.1:0'`)));
      assert.deepEqual(added.changes, [
        { kind: 'listener-added', listener: 'a' },
        { kind: 'listener-added', listener: 'b' },
      ]);
      assert.equal(await getOver(path('a.sock')), '200 hello');
      await balancer.reload(configOf(text(`${WEB}, other: 'unix:%/a.sock', a: 'unix:%/c.sock'`)));
      assert.deepEqual([await getOver(path('a.sock')), await getOver(path('c.sock'))], ['200 hello', '200 hello']);
      assert.deepEqual(readdirSync(folder).toSorted(), ['a.sock', 'c.sock', 'web.sock']);
      await balancer.reload(configOf(text(WEB)));
      assert.deepEqual([await getOver(path('a.sock')), await getOver(path('c.sock'))], ['ENOENT', 'ENOENT']);
      assert.deepEqual(readdirSync(folder), ['web.sock']);
      assert.equal(lstatSync(path('web.sock')).ino, ino);
      const before = load.done();
      await until(() => load.done() > before + 20, 'traffic');
      await load.stop();
      assert.deepEqual(load.failures, []);
    });

    it(`listeners on unix sockets are as they were after a reload that is refused (${threads} threads)`, async (t) => {
      const { balancer, path, text, folder } = await serve(t, WEB, threads);
      await listenAt(t, path('taken.sock'));
      const refused = balancer.reload(configOf(text(`new: 'unix:%/new.sock', taken: 'unix:%/taken.sock'`)));
      await assert.rejects(refused, { code: 'FL_LISTEN', reason: 'EADDRINUSE' });
      await until(() => readdirSync(folder).length === 2, 'nothing else is left');
      assert.deepEqual(readdirSync(folder).toSorted(), ['taken.sock', 'web.sock']);
      assert.equal(await getOver(path('web.sock')), '200 hello');
      await balancer.reload(configOf(text(`${WEB}, new: 'unix:%/new.sock'`)));
      assert.equal(await getOver(path('new.sock')), '200 hello');
    });
  }

  it('listeners on unix sockets that leave let their clients finish', async (t) => {
    const { balancer, path, text, endpoint } = await serve(t, `${WEB}, a: 'unix:%/a.sock'`, 1);
    const held = getOver(path('a.sock'), '/held');
    await until(() => endpoint.held() === 1, 'a request is under way');
    await balancer.reload(configOf(text(WEB)));
    assert.equal(await getOver(path('a.sock')), 'ENOENT');
    endpoint.letGo();
    assert.equal(await held, '200 held');
  });

  it('listeners on unix sockets stay with a thread that stays when a reload wants fewer', async (t) => {
    const { balancer, path, text } = await serve(t, `${WEB}, a: 'unix:%/a.sock', b: 'unix:%/b.sock'`, 3);
    const load = startUnixLoad(path('b.sock'));
    t.after(() => load.stop());
    await until(() => load.done() > 10, 'traffic');
    await balancer.reload(
      configOf(text(`${WEB}, a: 'unix:%/a.sock', b: 'unix:%/b.sock'`).replace('threads: 3', 'threads: 1')),
    );
    const before = load.done();
    await until(() => load.done() > before + 20, 'traffic on the last thread');
    await load.stop();
    assert.deepEqual(load.failures, []);
    for (const name of ['web', 'a', 'b']) assert.equal(await getOver(path(`${name}.sock`)), '200 hello');
  });
});

describe('the owner of a listener on a unix socket', () => {
  for (const threads of [1, 3]) {
    it(`the owner of a listener on a unix socket is replaced without losing a connection (${threads} threads)`, async (t) => {
      const { balancer, path, folder, faults } = await serve(t, WEB, threads);
      const load = startUnixLoad(path('web.sock'));
      t.after(() => load.stop());
      await until(() => load.done() > 20, 'traffic');
      await balancer.replaceWorkers();
      const before = load.done();
      await until(() => load.done() > before + 20, 'traffic after the replacement');
      await load.stop();
      assert.deepEqual(load.failures, []);
      assert.deepEqual(readdirSync(folder), ['web.sock']);
      await balancer.close();
      assert.deepEqual([readdirSync(folder), faults], [[], []]);
    });

    for (const fault of threads === 1 ? (['throw', 'exit'] as const) : (['throw', 'exit', 'loop'] as const)) {
      it(`the owner of a listener on a unix socket is followed by another when it ends in a ${fault} (${threads} threads)`, async (t) => {
        const { balancer, path, folder, changes } = await serve(t, WEB, threads);
        assert.equal(await getOver(path('web.sock')), '200 hello');
        const { ino } = lstatSync(path('web.sock'));
        balancer.workers?.serving[0].breakDown(fault);
        await until(() => changes.some(({ change }) => change === 'replaced'), 'a replacement', 120_000);
        await until(() => lstatSync(path('web.sock')).ino !== ino, 'another socket');
        assert.equal(await getOver(path('web.sock')), '200 hello');
        await balancer.close();
        assert.deepEqual(readdirSync(folder), []);
      });
    }
  }

  it(
    'the owner of a name without a file is followed by another when it is gone',
    { skip: process.platform !== 'linux' },
    async (t) => {
      const name = `fairlead-${process.pid}-${Date.now()}-owner`;
      for (const fault of ['throw', 'exit', 'loop'] as const) {
        const { balancer, changes } = await serve(t, `web: 'unix:@${name}'`, 2);
        balancer.workers?.serving[0].breakDown(fault);
        await until(() => changes.some(({ change }) => change === 'replaced'), 'a replacement', 120_000);
        await until(async () => (await getOver(`\0${name}`)) === '200 hello', `it serves after a ${fault}`);
        await balancer.close();
      }
    },
  );

  it('a unix socket that cannot be opened again is said once, and opened as soon as that is possible', async (t) => {
    const { balancer, path, folder, socketChanges } = await serve(t, `${WEB}, tcp: '127.0.0.1:0'`, 2);
    const away = `${folder}-away`;
    renameSync(folder, away);
    t.after(() => rmSync(away, { recursive: true, force: true }));
    balancer.workers?.serving[0].breakDown('exit');
    await until(() => socketChanges.length > 0, 'it is said');
    const { state, address, reason } = socketChanges[0];
    assert.deepEqual([state, address], ['lost', `unix:${path('web.sock')}`]);
    assert.match(reason, /its folder is not there \(ENOENT\)/);
    mkdirSync(folder);
    await until(() => socketChanges.length > 1, 'it is open');
    assert.equal(socketChanges[1].state, 'open');
    assert.equal(await getOver(path('web.sock')), '200 hello');
    assert.equal(socketChanges.length, 2);
  });
});
