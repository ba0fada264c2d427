/**
 * Clients of UDP that ask one question after another while reloads come as chance says: endpoints come and go, the pool
 * changes its policy and the listener its pool and its name. As long as the threads stay the same nothing is lost.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from '../../src/core/random.ts';
import { DatagramClient, DatagramLoad, DatagramServer } from '../support/datagrams.ts';
import { ReloadingBalancer, pool } from '../support/reloading.ts';
import { until } from '../support/until.ts';

const RELOADS = 30;
const CLIENTS = 16;

for (const threads of [1, 3]) {
  test(`over reloads in any order no datagram of UDP is lost, with ${threads} threads`, async (t) => {
    const seed = Number(process.env['SEED'] ?? (Math.random() * 0x7fffffff) | 0);
    t.diagnostic(`seed ${seed}`);
    const random = createSeededRandom(seed);
    const pick = <T>(of: readonly T[]): T => of[Math.floor(random.next() * of.length)];
    const servers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => DatagramServer.start(t, name)));
    const some = (): readonly DatagramServer[] => {
      const chosen = servers.filter(() => random.next() < 0.5);
      return chosen.length === 0 ? servers : chosen;
    };
    const config = (address: string): string =>
      [
        `threads: ${threads}`,
        `listeners: { ${pick(['dns', 'names'])}: { address: "${address}", udp: { pool: ${pick(['one', 'two'])}, idle: ${pick(['1s', '5s'])} } } }`,
        'pools:',
        ...['one', 'two'].map((name) => {
          const policy = pick(['random', 'round-robin', 'least-connections', '{ hash: client }']);
          return `  ${pool(name, some(), `policy: ${policy}, maxConnections: ${pick(['off', '1000'])},`)}`;
        }),
      ].join('\n');
    const balancer = await ReloadingBalancer.start(t, config('127.0.0.1:0'));
    const { balancer: running } = balancer.running;
    const { port } = running.addresses()[0];
    // From here on by its number, so that names change and the address stays.
    await balancer.reload(config(`127.0.0.1:${port}`));
    const bound = running.addresses()[0].port;
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => DatagramClient.open(t, bound)));
    const load = new DatagramLoad(clients);
    for (let reload = 0; reload < RELOADS; reload++) {
      await balancer.reload(config(`127.0.0.1:${bound}`));
      await load.more(Math.floor(random.next() * 100));
    }
    await load.stop();
    t.diagnostic(`${load.done} questions, ${JSON.stringify(load.byServer)}`);
    assert.equal(load.lost, 0);
    await until(() => running.stats().workers.connections > 0, 'the last sessions are counted');
    await balancer.endClean();
  });
}
