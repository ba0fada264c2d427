import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toConfig } from '../config/to-config.ts';
import { askPath, describePath } from './describe-path.ts';

const CONFIG = toConfig({
  routes: [
    { name: 'admin', match: { host: 'a.example', path: '/admin/*' }, pool: 'admin', guards: true },
    { name: 'rest', pool: 'web' },
  ],
  pools: { web: 'localhost:8081', admin: 'localhost:8082' },
});

const ask = (path: string): string => describePath(askPath(CONFIG, path));

describe('describePath', () => {
  test('describePath shows both forms of a path and the route that takes it because it guards', () => {
    assert.match(
      ask('http://A.example:8080/admin%2fx?q'),
      /^path .*\n {2}normal form {2}\/admin%2Fx {2}→ route rest, pool web\n {2}guard form {3}\/admin\/x\n {2}taken by {5}admin, which guards {2}→ route admin, pool admin$/,
    );
  });

  test('describePath names no other route where the guard form leads to none that guards', () => {
    assert.match(ask('/admin%2Fx'), /guard form {3}\/admin\/x$/);
    assert.match(ask('/x'), /normal form {2}\/x {2}→ route rest, pool web\n {2}guard form {3}the same$/);
  });

  test('describePath says what a path that cannot be read is answered, and how clients send it', () => {
    assert.match(ask('/%zz'), /has no normal form: 400 bad-path$/);
    assert.match(ask('/ö'), /^path \/ö\n {2}is refused: 400 bad-target\n {2}clients send {3}\/%C3%B6$/);
    for (const target of ['/a b', '/a#b', 'http://a,b/x', 'http://u@a/'])
      assert.match(ask(target), /is refused: 400 bad-target$/m, target);
    assert.match(ask(`/${'x'.repeat(9000)}`), /is refused: 414 target-too-long$/);
  });

  test('describePath says where a path leads by https, where that makes a difference', () => {
    const config = toConfig({ routes: [{ redirect: 'https' }, { pool: 'web' }], pools: { web: 'localhost:1' } });
    const told = (asked: string): string => describePath(askPath(config, asked));
    assert.match(
      told('/x'),
      /normal form {2}\/x {2}→ route 1, 308 to https\n[^]*\n {2}by https {5}→ route 2, pool web$/,
    );
    assert.match(told('http://a.example/x'), /→ route 1, 308 to https\n/);
    assert.match(told('https://a.example/x'), /→ route 2, pool web\n {2}guard form {3}the same$/);
  });
});
