/** What is wrong with files of certificates, at the line of the config that names them. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { tempFolder } from '../support/access-log.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import { until } from '../support/until.ts';

const SITE = issueCertificate({ names: ['a.example'] });
const OTHER = issueCertificate({ names: ['b.example'] });
const OLD = issueCertificate({ names: ['c.example'], fromDays: -60, toDays: -5 });

const INCLUDED = `# Of the site.
listeners:
  web:
    address: '127.0.0.1:0'
    tls:
      certificates:
        - none.pem
        - { cert: site.crt, key: other.key }
        - { cert: site.key, key: site.crt }
        - old.pem
        - folder
`;
const CONFIG = `include: [site.yaml]
defaults: { tls: { ca: empty.pem } }
pools:
  web: ['127.0.0.1:1']
  api: { endpoints: ['127.0.0.1:1'], tls: on }
  more: { endpoints: ['127.0.0.1:1'], tls: { certificate: site.crt } }
routes: [{ pool: api, match: { path: /api } }, { pool: more, match: { path: /more } }, { pool: web }]
`;
/** In the order in which they are shown: place, key, and what the message has. */
const MISTAKES = [
  ['site.yaml:7:11', 'listeners.web.tls.certificates[0]', 'none.pem: it is not there'],
  ['site.yaml:8:34', 'listeners.web.tls.certificates[1].key', 'other.key: the key does not belong to'],
  ['site.yaml:9:19', 'listeners.web.tls.certificates[2].cert', 'site.key: it holds the key, and '],
  ['site.yaml:10:11', 'listeners.web.tls.certificates[3]', 'old.pem: it has expired'],
  ['site.yaml:11:11', 'listeners.web.tls.certificates[4]', 'folder: the folder holds no certificate'],
  ['fairlead.yaml:2:24', 'defaults.tls.ca', 'empty.pem: it holds no certificate'],
  ['fairlead.yaml:6:59', 'pools.more.tls.certificate', 'site.crt: it holds no private key'],
] as const;

/** Resolves to the folder. */
function writeAll(t: TestContext): string {
  const folder = tempFolder(t);
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o600 });
  write('fairlead.yaml', CONFIG);
  write('site.yaml', INCLUDED);
  write('site.crt', SITE.cert);
  write('site.key', SITE.key);
  write('other.key', OTHER.key);
  write('old.pem', OLD.cert + OLD.key);
  write('empty.pem', '');
  mkdirSync(join(folder, 'folder'));
  return folder;
}

function assertAll(said: string): void {
  const heads = said.split('\n').filter((line) => /^\S+:\d+:\d+: /.test(line));
  assert.deepEqual(
    heads.map((line) => line.split(': ', 2)),
    MISTAKES.map(([place, key]) => [place, key]),
    said,
  );
  for (const [i, [, , message]] of MISTAKES.entries()) assert.ok(heads[i].includes(message), heads[i]);
}

describe('a mistake in a file of certificates', () => {
  it('a mistake in a file of certificates is shown by fairlead check at the line that names the file', async (t) => {
    await using check = new FairleadProcess(['check'], { cwd: writeAll(t) });
    assert.equal((await check.ended).code, 2);
    assertAll(check.stderr);
    assert.match(check.stderr, / {4}8 \| {9}- \{ cert: site\.crt, key: other\.key \}\n {6}\| {34}\^{9}\n/);
    assert.match(check.stderr, /: 7 mistakes\n$/);
  });

  it('a mistake in a file of certificates has its line for scripts, too', async (t) => {
    await using check = new FairleadProcess(['check', '--json'], { cwd: writeAll(t) });
    assert.equal((await check.ended).code, 2);
    const { errors } = JSON.parse(check.stdout) as {
      errors: { file: string; line: number; column: number; key: string }[];
    };
    assert.deepEqual(
      errors.map(({ file, line, column, key }) => [`${file}:${line}:${column}`, key]),
      MISTAKES.map(([place, key]) => [place, key]),
    );
  });

  it('a mistake in a file of certificates is shown at its line by fairlead run, which does not start', async (t) => {
    await using run = new FairleadProcess(['run'], { cwd: writeAll(t) });
    assert.equal((await run.ended).code, 2);
    assertAll(run.stderr);
  });

  it('a mistake in a file of certificates is shown at its line by a reload, and the running config stays', async (t) => {
    const folder = writeAll(t);
    const file = join(folder, 'plain.yaml');
    writeFileSync(file, "listeners: { web: '127.0.0.1:0' }\npools: { web: ['127.0.0.1:1'] }\n");
    await using run = new FairleadProcess(['run', '-c', 'plain.yaml'], { cwd: folder });
    await run.port();
    writeFileSync(file, CONFIG);
    run.kill('SIGHUP');
    await until(
      () => run.stderr.includes('not reloaded: '),
      () => run.stderr,
    );
    assertAll(run.stderr.replaceAll('plain.yaml', 'fairlead.yaml'));
    assert.match(run.stderr, /fairlead: not reloaded: 7 mistakes; the running config stays\n/);
  });
});
