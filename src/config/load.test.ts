/**
 * Every file of test/fixtures/config/valid gives exactly the config beside it, every file of invalid exactly
 * the message. After a change that is meant, FAIRLEAD_WRITE_FIXTURES=1 writes them anew; read the difference.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { formatConfigErrors } from './errors.ts';
import { type ParsedConfig, fromArguments, loadConfig, parseConfig } from './load.ts';

const FIXTURES = fileURLToPath(new URL('../../test/fixtures/config/', import.meta.url));

function inputsOf(folder: string): readonly string[] {
  return readdirSync(join(FIXTURES, folder)).filter((file) => !file.includes('.expected.'));
}

function expect(folder: string, file: string, kind: string, actual: string): void {
  const path = join(FIXTURES, folder, file.replace(/\.\w+$/, `.expected.${kind}`));
  if (process.env['FAIRLEAD_WRITE_FIXTURES'] === '1') writeFileSync(path, actual);
  assert.ok(existsSync(path), `${path} is missing`);
  assert.equal(actual, readFileSync(path, 'utf8'));
}

function parseFixture(folder: string, file: string): ParsedConfig {
  return parseConfig(readFileSync(join(FIXTURES, folder, file), 'utf8'), file);
}

function messageOf(parsed: ParsedConfig): string {
  return 'errors' in parsed ? formatConfigErrors(parsed.errors) : 'no error';
}

describe('a valid config', () => {
  for (const file of inputsOf('valid')) {
    it(`a valid config ${file} becomes exactly the config beside it`, () => {
      const parsed = parseFixture('valid', file);
      assert.ok('config' in parsed, messageOf(parsed));
      expect('valid', file, 'json', `${JSON.stringify(parsed.config, null, 2)}\n`);
    });
  }

  it('a valid config is frozen to the bottom', () => {
    const parsed = parseConfig('pools: { web: [localhost:8081] }', 'a.yaml');
    assert.ok('config' in parsed);
    const { routes, pools, settings } = parsed.config;
    const { timeouts } = settings;
    for (const part of [parsed.config, routes, routes[0].match, routes[0].upgrades, pools[0].endpoints[0], timeouts]) {
      assert.ok(Object.isFrozen(part));
    }
  });

  it('a valid config survives the way to another thread', () => {
    const parsed = parseFixture('valid', 'match-conditions.yaml');
    assert.ok('config' in parsed);
    assert.deepEqual(structuredClone(parsed.config), parsed.config);
  });
});

describe('an invalid config', () => {
  for (const file of inputsOf('invalid')) {
    it(`an invalid config ${file} gives exactly the message beside it`, () => {
      const parsed = parseFixture('invalid', file);
      assert.ok('errors' in parsed);
      assert.ok(parsed.errors.every(({ line, column }) => line >= 1 && column >= 1));
      expect('invalid', file, 'txt', `${messageOf(parsed)}\n`);
    });
  }
});

describe('loadConfig', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-config-'));
  after(() => rmSync(folder, { recursive: true }));
  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  it('loadConfig reads a file', async () => {
    const parsed = await loadConfig(write('a.yaml', '\ufeffpools: { web: [localhost:8081] }\r\n'));
    assert.ok('config' in parsed, messageOf(parsed));
    assert.equal(parsed.config.pools[0].endpoints[0].port, 8081);
  });
  it('loadConfig says that there is no such file', async () => {
    const path = join(folder, 'none.yaml');
    const message = `${path}: there is no such file. Check the path; "fairlead init" writes a first config.`;
    assert.equal(messageOf(await loadConfig(path)), message);
  });
  it('loadConfig says that a directory is no file', async () => {
    assert.equal(messageOf(await loadConfig(folder)), `${folder}: this is a directory. Name the file in it.`);
  });
  it('loadConfig says where a file is not UTF-8', async () => {
    const path = write('b.yaml', Buffer.from('pools:\n  web: [\xff]\n', 'latin1'));
    const message = `${path}:2:9: there are bytes that are not UTF-8. A config is plain text in UTF-8.`;
    assert.equal(messageOf(await loadConfig(path)).split('\n')[0], message);
  });
  it('loadConfig refuses a file of more than 16 MiB', async () => {
    const path = write('c.yaml', Buffer.alloc(16 * 2 ** 20 + 1, '#'));
    assert.equal(
      messageOf(await loadConfig(path)).split('\n')[0],
      `${path}:1:1: the file is larger than 16 MiB. Check that this is the config.`,
    );
  });
});

describe('fromArguments', () => {
  it('fromArguments puts the endpoints in one pool behind the default listener', () => {
    const parsed = fromArguments(['localhost:8081', '[::1]:8082']);
    assert.ok('config' in parsed);
    const { listeners, routes, pools } = parsed.config;
    assert.deepEqual(
      [listeners[0], routes.length, routes[0].pool, pools[0].endpoints.map(({ id }) => id)],
      [
        {
          id: 'web',
          host: '127.0.0.1',
          port: 8080,
          spread: 'kernel',
          halfClose: 'cancel',
          underscores: 'drop',
          proxyProtocol: null,
          tls: null,
        },
        1,
        'web',
        ['localhost:8081', '[::1]:8082'],
      ],
    );
  });
  it('fromArguments takes another address to listen on', () => {
    const parsed = fromArguments(['localhost:8081'], ':0');
    assert.ok('config' in parsed);
    assert.equal(parsed.config.listeners[0].host, '');
    assert.equal(parsed.config.listeners[0].port, 0);
  });
  it('fromArguments names the argument that is wrong', () => {
    const cure = 'Write a name or a numeric address and a port, e.g. localhost:8081 or [::1]:8081.';
    assert.equal(
      messageOf(fromArguments(['localhost:8081', 'localhost'], '8080')),
      'command line: --listen 8080: 8080 is a port without an address. Write ":8080" for every address.\n' +
        `command line: --to localhost: "localhost" has no port. ${cure}`,
    );
    assert.equal(
      messageOf(fromArguments([])),
      'command line: --to: the pool has no endpoint. Add one, e.g. [localhost:8081].',
    );
  });
});
