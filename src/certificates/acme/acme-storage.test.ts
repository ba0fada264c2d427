import assert from 'node:assert/strict';
import { readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempFolder } from '../../../test/support/access-log.ts';
import { AcmeStorage } from './acme-storage.ts';

const DIRECTORY = 'https://acme.example:14000/directory';

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe('the storage of certificates', () => {
  it('the storage of certificates has one file for a set of names, for its owner alone, and nothing half written', async (t) => {
    const storage = new AcmeStorage(tempFolder(t), DIRECTORY);
    await storage.writeCertificate(['b.example', 'a.example'], 'first');
    await storage.writeCertificate(['a.example', 'b.example'], 'second');
    const file = storage.fileOf(['b.example', 'a.example']);
    assert.match(file, /\/acme\/acme\.example-[0-9a-f]{8}\/[0-9a-f]{64}\.pem$/);
    assert.deepEqual(await storage.readCertificates(), [{ file, text: 'second' }]);
    assert.deepEqual(readdirSync(storage.folder).length, 1);
    assert.equal(modeOf(file), '600');
    assert.equal(modeOf(storage.folder), '700');
  });

  it('the storage of certificates keeps what other authorities gave apart', async (t) => {
    const folder = tempFolder(t);
    const [one, other] = [new AcmeStorage(folder, DIRECTORY), new AcmeStorage(folder, `${DIRECTORY}/other`)];
    await one.writeCertificate(['a.example'], 'text');
    assert.deepEqual(await other.readCertificates(), []);
  });

  it('the storage of certificates has the account, and takes a broken file for none', async (t) => {
    const storage = new AcmeStorage(tempFolder(t), DIRECTORY);
    assert.equal(await storage.readAccount(), null);
    const account = { privateKey: 'key', url: 'https://acme.example/1', email: '' };
    await storage.writeAccount(account);
    assert.deepEqual(await storage.readAccount(), account);
    const file = join(storage.folder, 'account.json');
    assert.equal(modeOf(file), '600');
    for (const text of ['', '{"privateKey":', '[]', '{"privateKey":1,"url":"","email":""}']) {
      writeFileSync(file, text);
      assert.equal(await storage.readAccount(), null);
    }
  });

  it('the storage of certificates never takes an account that it cannot read just now for none', async (t) => {
    const storage = new AcmeStorage(tempFolder(t), DIRECTORY);
    await storage.requireRoom();
    const file = join(storage.folder, 'account.json');
    // A link to itself: what is behind it may be there again later, as what a failing disk holds.
    symlinkSync(file, file);
    await assert.rejects(storage.readAccount(), {
      name: 'AcmeError',
      message: `the account in ${file} cannot be read (ELOOP)`,
    });
  });

  it('the storage of certificates says before anything is asked for that nothing can be kept', async (t) => {
    const file = join(tempFolder(t), 'a-file');
    writeFileSync(file, '');
    await assert.rejects(new AcmeStorage(file, DIRECTORY).requireRoom(), {
      name: 'AcmeError',
      message: /^nothing can be kept in .*a-file\/acme\/.* \(ENOTDIR\)$/,
    });
    const storage = new AcmeStorage(tempFolder(t), DIRECTORY);
    await storage.requireRoom();
    assert.deepEqual(readdirSync(storage.folder), []);
  });
});
