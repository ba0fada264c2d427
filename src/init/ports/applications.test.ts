import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { groupByApplication } from './applications.ts';

function heldBy(port: number, folder: string, ...command: readonly string[]) {
  return { port, holder: { pid: 1, program: command[0] ?? '', command, folder } };
}

function groupsOf(...servers: Parameters<typeof groupByApplication>[0]): readonly (readonly [string, ...number[]])[] {
  return groupByApplication(servers).map(({ name, servers: group }) => [name, ...group.map(({ port }) => port)]);
}

describe('the servers of one application', () => {
  it('the servers of one application are those of one command line in one folder, but for its numbers', () => {
    assert.deepEqual(
      groupsOf(
        heldBy(3001, '/srv/shop', 'node', 'server.js', '--port', '3001'),
        heldBy(3002, '/srv/shop', 'node', 'server.js', '--port', '3002'),
        heldBy(4000, '/srv/blog', 'node', 'server.js', '--port', '4000'),
        heldBy(5000, '/srv/shop', 'node', 'admin.js', '--port', '5000'),
      ),
      [
        ['shop', 3001, 3002],
        ['blog', 4000],
        ['admin', 5000],
      ],
    );
  });

  it('the servers of one application are named by what they run, or by their folder where that says nothing', () => {
    for (const [expected, folder, ...command] of [
      ['shop', '/', '/usr/bin/java', '-Xmx1g', '-jar', '/opt/shop.jar'],
      ['http-server', '/tmp', 'python3.12', '-m', 'http.server', '8000'],
      ['vite', '/home/jo/web', 'node', '/home/jo/web/node_modules/.bin/vite'],
      ['my-shop', '/home/jo/My Shop/dist', 'node', '--watch', 'dist/main.js'],
      ['port-3000', '/', 'node', 'index.js'],
    ] as const) {
      assert.deepEqual(groupsOf(heldBy(3000, folder, ...command)), [[expected, 3000]]);
    }
  });

  it('the servers of one application have a name of their own each', () => {
    assert.deepEqual(groupsOf(heldBy(1, '/a', 'node', 'x.js'), heldBy(2, '/b', 'node', 'x.js')), [
      ['x', 1],
      ['x-2', 2],
    ]);
  });

  it('the servers of one application are not guessed where nobody knows whose they are', () => {
    assert.deepEqual(groupsOf({ port: 3000, holder: null }, { port: 3001, holder: null }, heldBy(3002, '')), [
      ['port-3000', 3000],
      ['port-3001', 3001],
      ['port-3002', 3002],
    ]);
  });
});
