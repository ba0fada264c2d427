import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createSelfSigned } from '../../test/support/self-signed.ts';
import { listConfigKeys } from './config-keys.ts';
import type { Config } from './config.ts';
import { formatConfigErrors } from './errors.ts';
import { loadConfig } from './load.ts';
import { NAMED_FILES } from './named-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-named-'));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

write('certs/ca.pem', createSelfSigned('web.test').cert);
write('certs/empty.pem', 'nothing');

const WEB = `endpoints: [localhost:1]`;

async function read(file: string, env = {}): Promise<Config> {
  const parsed = await loadConfig(file, { env });
  assert.ok('config' in parsed, 'errors' in parsed ? formatConfigErrors(parsed.errors) : '');
  return parsed.config;
}

async function mistakesOf(text: string, env = {}): Promise<readonly string[]> {
  const parsed = await loadConfig(write('bad.yaml', text), { env });
  assert.ok('errors' in parsed, 'no mistake was found');
  return parsed.errors.map(({ line, column, key, message, cure }) =>
    `${line}:${column} ${key}: ${message}. ${cure}`.replaceAll(`${folder}/`, ''),
  );
}

function authorities({ pools }: Config): readonly (readonly string[])[] {
  return pools.map(({ checks }) => checks.map((check) => (check.kind === 'https' ? check.ca : check.kind)));
}

const CA = join(folder, 'certs/ca.pem');

describe('files that a config names', () => {
  it('a file that a config names is looked for where that config lies, in each of its files, wherever it is written', async () => {
    write('pools.d/b.yaml', `pools: { b: { ${WEB}, check: [tcp, { https: { ca: ../certs/ca.pem } }] } }`);
    const file = write(
      'fairlead.yaml',
      [
        'include: [pools.d]',
        'accessLog: { to: { file: logs/access.log } }',
        'defaults: { check: { https: { ca: "${CERTS}/ca.pem" } } }',
        `pools: { a: { ${WEB} }, c: { ${WEB}, check: { https: { ca: ${CA} } } } }`,
        'routes: [{ pool: a }]',
      ].join('\n'),
    );
    const config = await read(file, { CERTS: 'certs' });
    assert.deepEqual(authorities(config), [[CA], [CA], ['tcp', CA]]);
    assert.deepEqual(config.settings.accessLog?.to, {
      kind: 'file',
      path: join(folder, 'logs/access.log'),
      rotate: null,
    });
  });

  it('a file that a config in TypeScript names is looked for where the module lies', async () => {
    const text = `export default { pools: { a: { endpoints: ['localhost:1'], check: { https: { ca: 'certs/ca.pem' } } } } };`;
    assert.deepEqual(authorities(await read(write('fairlead.config.ts', text))), [[CA]]);
  });

  it('a file that Fairlead is to read and cannot use is a mistake with its line and a cure, beside all others', async () => {
    const text = [
      'defaults: { check: { https: { ca: none.pem } } }',
      'pools:',
      `  a: { ${WEB}, check: { https: { ca: certs/empty.pem } }, policy: randm }`,
      `  b: { ${WEB}, check: [tcp, { https: { ca: certs } }] }`,
      'routes: [{ pool: a }]',
    ].join('\n');
    assert.deepEqual(await mistakesOf(text), [
      '1:35 defaults.check.https.ca: there is no none.pem. Check the path; it is relative to the file that it is written in.',
      '3:56 pools.a.check.https.ca: the file holds no certificate. Name one with certificates in PEM.',
      '3:85 pools.a.policy: unknown policy "randm". Did you mean "random"?',
      '4:62 pools.b.check[1].https.ca: certs cannot be read: it is a folder, and no file. Put a file in its place, or name another one.',
    ]);
  });

  it('a file whose name is a variable without a value is one mistake, not two', async () => {
    const text = `pools: { a: { ${WEB}, check: { https: { ca: "\${NONE}" } } } }`;
    const mistakes = await mistakesOf(text);
    assert.equal(mistakes.length, 1);
    assert.match(mistakes[0], /NONE/);
  });

  it('every key whose value is the path of a file is known to the reader of files', () => {
    const isOfFile = ({ path, type }: { path: string; type: string }): boolean =>
      (type === 'path' && !path.startsWith('routes.')) || type === 'path of a module';
    assert.deepEqual(
      listConfigKeys()
        .filter(isOfFile)
        .map(({ path }) => path)
        .toSorted(),
      NAMED_FILES.map(({ path }) => path.join('.')).toSorted(),
    );
  });
});
