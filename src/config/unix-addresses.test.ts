import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parseEndpointAddress, parseListenAddress } from './addresses.ts';
import type { Config } from './config.ts';
import { Mistake, formatConfigErrors } from './errors.ts';
import { loadConfig } from './load.ts';

const onLinux = { skip: process.platform !== 'linux' };

function verdict(read: typeof parseEndpointAddress, address: string): string {
  const parsed = read(address);
  return parsed instanceof Mistake ? `${parsed.message}. ${parsed.cure}` : parsed.host;
}

describe('the address of a unix socket', () => {
  it('the address of a unix socket has at most the bytes that the system takes', onLinux, () => {
    const path = (bytes: number): string => `unix:/run/${'x'.repeat(bytes - 5)}`;
    assert.equal(verdict(parseEndpointAddress, path(107)), path(107));
    assert.match(
      verdict(parseEndpointAddress, path(108)),
      /has 108 bytes, and may have 107\. Choose a shorter path\.$/,
    );
    assert.equal(verdict(parseEndpointAddress, `unix:@${'x'.repeat(107)}`), `unix:@${'x'.repeat(107)}`);
    assert.match(verdict(parseEndpointAddress, `unix:@${'x'.repeat(108)}`), /has 108 bytes, and may have 107/);
  });

  it('the address of a unix socket leaves room in a listener for the name that it is bound by', onLinux, () => {
    const path = (bytes: number): string => `unix:/run/${'x'.repeat(bytes - 5)}`;
    assert.equal(verdict(parseListenAddress, path(94)), path(94));
    assert.match(verdict(parseListenAddress, path(95)), /has 95 bytes, and may have 94/);
    assert.equal(verdict(parseListenAddress, `unix:@${'x'.repeat(107)}`), `unix:@${'x'.repeat(107)}`);
  });

  it('the address of a unix socket keeps its case, its blanks and its dots', () => {
    for (const address of ['unix:/run/My App.sock', 'unix:/run/../App', 'unix:app.sock', 'unix:./a']) {
      assert.equal(verdict(parseEndpointAddress, address), address);
      assert.equal(verdict(parseListenAddress, address), address);
    }
  });
});

describe('a unix socket with a relative path', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-relative-'));
  after(() => rmSync(folder, { recursive: true }));

  async function read(name: string, text: string): Promise<Config> {
    writeFileSync(join(folder, name), text);
    const parsed = await loadConfig(join(folder, name), { env: {} });
    assert.ok('config' in parsed, 'errors' in parsed ? formatConfigErrors(parsed.errors) : '');
    return parsed.config;
  }

  it('a unix socket with a relative path is looked for where the config lies that names it, in every form', async () => {
    mkdirSync(join(folder, 'pools.d'));
    writeFileSync(join(folder, 'pools.d/b.yaml'), 'pools: { b: unix:b.sock }');
    const { listeners, pools } = await read(
      'fairlead.yaml',
      [
        'include: [pools.d]',
        'listeners: { web: unix:run/web.sock, own: { address: unix:./own.sock }, other: unix:/run/other.sock }',
        'pools:',
        '  a: [unix:../a.sock, { address: unix:a/2.sock }, "unix:@a", "localhost:1"]',
        '  c: { endpoints: [unix:c.sock, { address: unix:c/2.sock }] }',
        '  d: { endpoints: unix:d.sock }',
        'routes: [{ pool: a }]',
      ].join('\n'),
    );
    const hosts = (id: string): readonly string[] =>
      pools.find((pool) => pool.id === id)?.endpoints.map((endpoint) => endpoint.id) ?? [];
    const at = (path: string): string => `unix:${join(folder, path)}`;
    assert.deepEqual(
      listeners.map(({ host }) => host),
      [at('run/web.sock'), at('own.sock'), 'unix:/run/other.sock'],
    );
    assert.deepEqual(hosts('a'), [at('../a.sock'), at('a/2.sock'), 'unix:@a', 'localhost:1']);
    assert.deepEqual([hosts('b'), hosts('d')], [[at('pools.d/b.sock')], [at('d.sock')]]);
    assert.deepEqual(hosts('c'), [at('c.sock'), at('c/2.sock')]);
  });

  it('a unix socket with a relative path in a config in TypeScript is looked for where the module lies', async () => {
    const { pools } = await read('fairlead.config.ts', `export default { pools: { a: ['unix:a.sock'] } };`);
    assert.equal(pools[0].endpoints[0].id, `unix:${join(folder, 'a.sock')}`);
  });
});
