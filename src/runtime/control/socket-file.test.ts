import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { basename, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { socketFolder } from '../../../test/support/unix-server.ts';
import { equip, equipAgain, groupId, nameBeside, place, remove, requireVacant } from './socket-file.ts';

async function listenAt(t: TestContext, path: string): Promise<net.Server> {
  const server = net.createServer((socket) => socket.destroy());
  server.listen(path);
  await once(server, 'listening');
  t.after(() => server.close());
  return server;
}

describe('the file of a unix listener', () => {
  it('the file of a unix listener has a name of its own beside its place, another each time', () => {
    const names = [nameBeside('/run/fairlead/web.sock'), nameBeside('/run/fairlead/web.sock')];
    for (const name of names) {
      assert.equal(dirname(name), '/run/fairlead');
      assert.match(basename(name), new RegExp(String.raw`^\.web\.sock\.${process.pid}\.\d{1,3}$`));
    }
    assert.notEqual(names[0], names[1]);
  });

  it('the file of a unix listener may take a free place and that of a process that is gone, and no other', async (t) => {
    const folder = socketFolder(t);
    const at = (name: string): string => `unix:${join(folder, name)}`;
    const server = await listenAt(t, join(folder, 'live'));
    const gone = await listenAt(t, join(folder, 'gone.other'));
    renameSync(join(folder, 'gone.other'), join(folder, 'gone'));
    gone.close();
    await once(gone, 'close');
    writeFileSync(join(folder, 'text'), '');
    mkdirSync(join(folder, 'folder'));
    symlinkSync(join(folder, 'gone'), join(folder, 'link'));
    await requireVacant(at('free'), []);
    await requireVacant(at('gone'), []);
    await assert.rejects(requireVacant(at('live'), []), { code: 'EADDRINUSE' });
    for (const name of ['text', 'folder', 'link'])
      await assert.rejects(requireVacant(at(name), []), { code: 'EEXIST' });
    await assert.rejects(requireVacant(at('none/web.sock'), []), { code: 'ENOENT' });
    const { dev, ino } = lstatSync(join(folder, 'live'), { bigint: true });
    await requireVacant(at('live'), [{ dev, ino }]);
    assert.ok(server.listening);
  });

  it('the file of a unix listener gets its mode before it is in its place, and another only while it is ours', async (t) => {
    const folder = socketFolder(t);
    const [own, path] = [nameBeside(join(folder, 'web.sock')), join(folder, 'web.sock')];
    await listenAt(t, own);
    const file = equip(own, { mode: 0o620 });
    place(own, path);
    const mode = (): number => lstatSync(path).mode & 0o777;
    assert.equal(mode(), 0o620);
    equipAgain(path, file, { mode: 0o600 });
    assert.equal(mode(), 0o600);
    writeFileSync(`${path}.new`, '', { mode: 0o644 });
    renameSync(`${path}.new`, path);
    equipAgain(path, file, { mode: 0o666 });
    assert.equal(mode(), 0o644);
    remove(path, file);
    assert.ok(existsSync(path));
    const { dev, ino } = lstatSync(path, { bigint: true });
    remove(path, { dev, ino });
    assert.ok(!existsSync(path));
    remove(path, { dev, ino });
  });

  it('the file of a unix listener is given to a group by its name as well as by its number', () => {
    assert.equal(groupId(33), 33);
    assert.equal(groupId('root'), 0);
    assert.throws(() => groupId('nobody-has-this'), { code: 'NO_SUCH_GROUP' });
  });
});
