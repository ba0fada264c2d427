import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { tempFolder } from '../../test/support/access-log.ts';
import { issueCertificate } from '../../test/support/issued-certificates.ts';
import type { CertificateOptions, Issued } from '../../test/support/issued-certificates.ts';
import type { CertificateSource } from '../core/tls-files.ts';
import type { Finding } from './finding.ts';
import { loadCertificates } from './load.ts';
import type { LoadedCertificates } from './load.ts';

const NONE: CertificateSource = { cert: '', key: '', pkcs12: '', passphraseFile: '', ocsp: '' };
const PASSPHRASE = 'correct horse';

interface Folder {
  readonly path: string;
  /** Writes a file that others may not read; returns its path. */
  write(name: string, text: string | Buffer): string;
  load(...sources: readonly Partial<CertificateSource>[]): Promise<LoadedCertificates>;
}

function folderOf(t: TestContext): Folder {
  const path = tempFolder(t);
  return {
    path,
    write(name, text) {
      const file = join(path, name);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, text, { mode: 0o600 });
      return file;
    },
    load: (...sources) => loadAt(Date.now(), false, sources),
  };
}

function loadAt(
  now: number,
  mayBeExpired: boolean,
  sources: readonly Partial<CertificateSource>[],
): Promise<LoadedCertificates> {
  return loadCertificates(
    sources.map((source) => ({ ...NONE, ...source })),
    { now, mayBeExpired },
  );
}

/** `certificates[0].key: …: the message`, with the names of files alone. */
function say(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ isMistake, key, file, message }) => {
    const kind = isMistake ? '' : 'warning: ';
    return `${kind}${key}: ${file.split('/').at(-1)}: ${message.replaceAll(/\/\S*\//g, '')}`;
  });
}

function both({ cert, key }: Issued): string {
  return cert + key;
}

function encrypted({ privateKey }: Issued): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE });
}

describe('the certificates of a listener', () => {
  it('the certificates of a listener are read from one file, from two, and with a key that a passphrase opens', async (t) => {
    const folder = folderOf(t);
    const [one, two, three] = ['one', 'two', 'three'].map((name) => issueCertificate({ names: [`${name}.example`] }));
    const { certificates, findings } = await folder.load(
      { cert: folder.write('one.pem', both(one)) },
      { cert: folder.write('two.crt', two.cert), key: folder.write('two.key', two.key) },
      {
        cert: folder.write('three.crt', three.cert),
        key: folder.write('three.key', encrypted(three)),
        passphraseFile: folder.write('three.pass', `${PASSPHRASE}\n`),
      },
    );
    assert.deepEqual(say(findings), []);
    assert.deepEqual(
      certificates.map(({ names }) => names),
      [['one.example'], ['two.example'], ['three.example']],
    );
    for (const [index, issued] of [one, two, three].entries()) {
      const { secrets } = certificates[index];
      assert.ok(secrets.kind === 'pem');
      assert.equal(secrets.chain, issued.cert);
      assert.ok(createPrivateKey(secrets.privateKey).equals(issued.privateKey));
    }
  });

  it('the certificates of a listener say names in lower case, addresses, issuer, kind of key and times', async (t) => {
    const folder = folderOf(t);
    const authority = issueCertificate({ commonName: 'Test CA', isAuthority: true });
    const names = ['A.Example', '*.a.example', '127.0.0.1'];
    const issued = issueCertificate({ names, issuer: authority, key: 'rsa' });
    const { certificates } = await folder.load({ cert: folder.write('a.pem', both(issued) + authority.cert) });
    const [certificate] = certificates;
    assert.deepEqual(certificate.names, ['a.example', '*.a.example']);
    assert.deepEqual(certificate.addresses, ['127.0.0.1']);
    assert.equal(certificate.issuer, 'CN=Test CA');
    assert.deepEqual([certificate.keyType, certificate.keyText], ['rsa', 'RSA 2048']);
    assert.ok(certificate.validFrom < Date.now() && certificate.validTo > Date.now());
    assert.match(certificate.fingerprint, /^[0-9a-f]{64}$/);
  });

  const CHAIN: Readonly<Record<string, readonly [order: string, says: readonly RegExp[]]>> = {
    'is in order': ['leaf middle root', []],
    'ends before its root': ['leaf middle', []],
    'begins with its root': [
      'root middle leaf',
      [/wrong order/, /does not belong to the certificate of Root/, /its name root is a common name/],
    ],
    'has its issuers the wrong way round': ['leaf root middle', [/wrong order/]],
    'has one that is of no use': ['leaf middle other', [/certificate 3 \(Other\) has not issued .* \(Middle\)/]],
  };
  for (const [what, [order, says]] of Object.entries(CHAIN)) {
    it(`the chain of a certificate that ${what} ${says.length === 0 ? 'is good' : 'is refused'}`, async (t) => {
      const folder = folderOf(t);
      const root = issueCertificate({ commonName: 'Root', isAuthority: true });
      const middle = issueCertificate({ commonName: 'Middle', isAuthority: true, issuer: root });
      const leaf = issueCertificate({ names: ['a.example'], issuer: middle });
      const other = issueCertificate({ commonName: 'Other', isAuthority: true });
      const all: Readonly<Record<string, Issued>> = { root, middle, leaf, other };
      const text = order.split(' ').map((name) => all[name].cert);
      const { findings } = await folder.load({ cert: folder.write('a.pem', text.join('') + leaf.key) });
      const messages = findings.map(({ message, cure }) => `${message}. ${cure}`);
      assert.equal(messages.length, says.length, messages.join('\n'));
      for (const [index, pattern] of says.entries()) assert.match(messages[index], pattern);
    });
  }

  it('a chain in the wrong order is told the right one', async (t) => {
    const folder = folderOf(t);
    const root = issueCertificate({ commonName: 'Root', isAuthority: true });
    const leaf = issueCertificate({ names: ['a.example'], issuer: root });
    const cert = folder.write('a.crt', root.cert + leaf.cert);
    const { findings } = await folder.load({ cert, key: folder.write('a.key', leaf.key) });
    assert.match(findings[0].cure, /in this order: a\.example, then Root\./);
    assert.match(findings[1].cure, /belongs to the certificate 2 of the chain/);
  });

  it('every mistake of every certificate is found at once, each with its key', async (t) => {
    const folder = folderOf(t);
    const one = issueCertificate({ names: ['one.example'] });
    const other = issueCertificate({ names: ['other.example'], key: 'rsa' });
    const old = issueCertificate({ names: ['old.example'], fromDays: -90, toDays: -1 });
    const early = issueCertificate({ names: ['early.example'], fromDays: 2 });
    const short = issueCertificate({ names: ['short.example'], key: 'rsa-1024' });
    const { certificates, findings } = await folder.load(
      { cert: folder.write('one.crt', one.cert), key: folder.write('other.key', other.key) },
      { cert: join(folder.path, 'none.pem') },
      { cert: folder.write('no-key.pem', one.cert) },
      { cert: folder.write('no-cert.pem', one.key) },
      { cert: folder.write('broken.pem', both(one).replace('MII', 'MIX')) },
      { cert: folder.write('old.pem', both(old)) },
      { cert: folder.write('early.pem', both(early)) },
      { cert: folder.write('short.pem', both(short)) },
      { cert: folder.write('locked.pem', one.cert + encrypted(one)) },
      {
        cert: folder.write('wrong.pem', one.cert + encrypted(one)),
        passphraseFile: folder.write('wrong.pass', 'wrong'),
      },
      { cert: folder.write('two-keys.pem', both(one) + other.key) },
      { cert: folder.write('empty.pass.pem', both(one)), passphraseFile: folder.write('empty.pass', '\n') },
      { cert: folder.write('large.pem', both(one)), ocsp: folder.write('large.ocsp', Buffer.alloc(16_385)) },
      { cert: folder.write('many.pem', one.cert.repeat(17) + one.key) },
    );
    assert.deepEqual(certificates, []);
    assert.deepEqual(say(findings), [
      'certificates[0].key: other.key: the key does not belong to the certificate of one.example',
      'certificates[1].cert: none.pem: it is not there',
      'certificates[2].cert: no-key.pem: it holds no private key',
      'certificates[3].cert: no-cert.pem: it holds no certificate in PEM',
      'certificates[4].cert: broken.pem: what begins in line 1 is not a certificate that can be read',
      `certificates[5].cert: old.pem: it has expired on ${dayFromNow(-1)}`,
      `certificates[6].cert: early.pem: it is not valid before ${dayFromNow(2)}`,
      'certificates[7].cert: short.pem: an RSA key of 1024 bits is too short',
      'certificates[8].cert: locked.pem: the key in it is encrypted',
      'certificates[9].cert: wrong.pem: the passphrase does not open the key in it',
      'certificates[10].cert: two-keys.pem: it holds more than one private key',
      'certificates[11].passphraseFile: empty.pass: it is empty',
      'certificates[12].ocsp: large.ocsp: it is larger than 16 KiB',
      'certificates[13].cert: many.pem: it holds 17 certificates',
    ]);
  });

  it('nothing of a key stands in what is said of its file', async (t) => {
    const folder = folderOf(t);
    const one = issueCertificate({ names: ['one.example'] });
    const lines = one.key.split('\n');
    const texts = [lines.slice(0, 2).join('\n'), one.key.replace(lines[1], `!${lines[1].slice(1)}`), `${lines[1]}\n`];
    for (const text of texts) {
      const { findings } = await folder.load({
        cert: folder.write('a.crt', one.cert),
        key: folder.write('a.key', text),
      });
      assert.ok(findings.length > 0);
      assert.ok(!JSON.stringify(findings).includes(lines[1].slice(1, 9)));
    }
  });

  it('a certificate that is served already is only warned of when it has expired', async (t) => {
    const folder = folderOf(t);
    const old = issueCertificate({ names: ['old.example'], fromDays: -90, toDays: -1 });
    const { certificates, findings } = await loadAt(Date.now(), true, [{ cert: folder.write('old.pem', both(old)) }]);
    assert.equal(certificates.length, 1);
    assert.deepEqual(say(findings), [`warning: certificates[0].cert: old.pem: it has expired on ${dayFromNow(-1)}`]);
  });

  it('a certificate is warned of from 14 days before its end on, a short one from a third of its life', async (t) => {
    const folder = folderOf(t);
    const warnings = async (options: CertificateOptions, inDays: number): Promise<number> => {
      const issued = issueCertificate({ names: ['a.example'], ...options });
      const at = Date.now() + inDays * 86_400_000;
      const { findings } = await loadAt(at, false, [{ cert: folder.write('a.pem', both(issued)) }]);
      return findings.length;
    };
    const long = { fromDays: -1, toDays: 89 };
    assert.deepEqual([await warnings(long, 74), await warnings(long, 76)], [0, 1]);
    const short = { fromDays: 0, toDays: 6 };
    assert.deepEqual([await warnings(short, 3.9), await warnings(short, 4.1)], [0, 1]);
  });

  it('a name may have a certificate of each kind of key, and no two of one', async (t) => {
    const folder = folderOf(t);
    const names = ['a.example', 'b.example'];
    const [ec, rsa, again] = [{ key: 'ec' }, { key: 'rsa' }, { key: 'ec' }].map(({ key }) =>
      issueCertificate({ names, key: key as 'ec' | 'rsa' }),
    );
    const sources = { ec, rsa, again };
    const files = Object.entries(sources).map(([name, issued]) => ({
      cert: folder.write(`${name}.pem`, both(issued)),
    }));
    assert.deepEqual(say((await folder.load(files[0], files[1])).findings), []);
    assert.deepEqual(say((await folder.load(...files)).findings), [
      'certificates[2]: again.pem: ec.pem is for a.example and 1 more as well, with a key of the same type',
    ]);
  });

  it('a certificate that others can read the key of, that has a common name alone, or no name, is warned of', async (t) => {
    const folder = folderOf(t);
    const open = folder.write('open.pem', both(issueCertificate({ names: ['open.example'] })));
    chmodSync(open, 0o644);
    const common = issueCertificate({ names: ['Common.example'], hasAltNames: false });
    const nobody = issueCertificate({ commonName: 'no host' });
    const { certificates, findings } = await folder.load(
      { cert: open },
      { cert: folder.write('common.pem', both(common)) },
      { cert: folder.write('nobody.pem', both(nobody)) },
    );
    assert.deepEqual(say(findings), [
      'warning: certificates[0].cert: open.pem: every user of this machine can read the key in it',
      'warning: certificates[1].cert: common.pem: its name common.example is a common name, which browsers do not look at',
      'warning: certificates[2].cert: nobody.pem: it has no name that a client could ask for',
    ]);
    assert.deepEqual(
      certificates.map(({ names }) => names),
      [['open.example'], ['common.example'], []],
    );
  });

  it('a folder of certificates takes each chain with its key, however programs name them', async (t) => {
    const folder = folderOf(t);
    const authority = issueCertificate({ commonName: 'CA', isAuthority: true });
    const [whole, certbot, kubernetes] = ['whole', 'certbot', 'kubernetes'].map((name) =>
      issueCertificate({ names: [`${name}.example`], issuer: authority }),
    );
    folder.write('certs/a-whole.pem', both(whole));
    folder.write('certs/cert.pem', certbot.cert);
    folder.write('certs/chain.pem', authority.cert);
    folder.write('certs/fullchain.pem', certbot.cert + authority.cert);
    folder.write('certs/privkey.pem', certbot.key);
    folder.write('certs/README', 'what certbot says');
    folder.write('certs/.hidden.pem', 'nothing');
    folder.write('certs/within/other.pem', both(authority));
    folder.write('data/tls.crt', kubernetes.cert);
    folder.write('data/tls.key', kubernetes.key);
    symlinkSync(join(folder.path, 'data/tls.crt'), join(folder.path, 'certs/tls.crt'));
    symlinkSync(join(folder.path, 'data/tls.key'), join(folder.path, 'certs/tls.key'));
    const { certificates, findings } = await folder.load({ cert: join(folder.path, 'certs') });
    assert.deepEqual(say(findings), []);
    const chains = certificates.map(({ names, secrets }) => [
      names[0],
      secrets.kind === 'pem' ? secrets.chain.split('BEGIN').length - 1 : 0,
    ]);
    assert.deepEqual(chains, [
      ['whole.example', 1],
      ['certbot.example', 2],
      ['kubernetes.example', 1],
    ]);
  });

  it('a certificate that is named by itself and lies in a folder that is named as well is one', async (t) => {
    const folder = folderOf(t);
    const [first, second] = ['a', 'b'].map((name) => issueCertificate({ names: [`${name}.example`] }));
    folder.write('certs/a.pem', both(first));
    const cert = folder.write('certs/b.pem', both(second));
    const { certificates, findings } = await folder.load({ cert }, { cert: join(folder.path, 'certs') });
    assert.deepEqual(say(findings), []);
    assert.deepEqual(
      certificates.map(({ names }) => names[0]),
      ['b.example', 'a.example'],
    );
  });

  it('a folder without certificates, and a chain in it without its key, are mistakes', async (t) => {
    const folder = folderOf(t);
    const one = issueCertificate({ names: ['one.example'] });
    folder.write('certs/one.crt', one.cert);
    folder.write('empty/README', 'nothing here');
    const { findings } = await folder.load({ cert: join(folder.path, 'certs') }, { cert: join(folder.path, 'empty') });
    assert.deepEqual(say(findings), [
      'certificates[0]: one.crt: no file of the folder holds the key of the certificate of one.example',
      'certificates[1]: empty: the folder holds no certificate',
    ]);
  });
});

function dayFromNow(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}
