import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempFolder } from '../../test/support/access-log.ts';
import { FileRefused, readRegularFile } from './regular-file.ts';

const skip = process.platform === 'win32' && 'needs named pipes';

describe('a file that a config names', () => {
  it('a file that a config names is read whole, also through a link', async (t) => {
    const folder = tempFolder(t);
    const file = join(folder, 'file');
    for (const size of [0, 1, 64 * 1024, 200_000, 1024 * 1024]) {
      const content = Buffer.alloc(size, 'abcdefg');
      writeFileSync(file, content);
      assert.ok((await readRegularFile(file)).equals(content), `${size} bytes`);
    }
    symlinkSync(file, join(folder, 'link'));
    assert.equal((await readRegularFile(join(folder, 'link'))).length, 1024 * 1024);
  });

  it('a file that a config names is refused beyond 1 MiB', async (t) => {
    const file = join(tempFolder(t), 'file');
    writeFileSync(file, Buffer.alloc(1024 * 1024 + 1));
    await assert.rejects(readRegularFile(file), new FileRefused('it is larger than 1024 KiB', 'Name the file itself.'));
  });

  it(
    'what is no file is refused at once, also behind a link: nobody may ever write into a pipe',
    { skip },
    async (t) => {
      const folder = tempFolder(t);
      const at = (name: string): string => join(folder, name);
      execFileSync('mkfifo', [at('pipe')]);
      symlinkSync(at('pipe'), at('link'));
      const server = net.createServer().listen(at('socket'));
      t.after(() => server.close());
      await once(server, 'listening');
      for (const [path, kind] of [
        [at('pipe'), 'named pipe'],
        [at('link'), 'named pipe'],
        [at('socket'), 'socket'],
        [folder, 'folder'],
        ['/dev/zero', 'device'],
      ] as const) {
        await assert.rejects(readRegularFile(path), { name: 'FileRefused', message: `it is a ${kind}, and no file` });
      }
      await assert.rejects(readRegularFile(at('none')), { code: 'ENOENT' });
    },
  );
});
