/**
 * Many sessions of layer 4 at once whose sides write, pause, end and reset as chance says. What was not reset arrives
 * whole and in order, with its FIN behind it; of what was, a beginning; and nothing is counted any more at the end.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createSeededRandom } from '../../src/core/random.ts';
import type { Random } from '../../src/core/random.ts';
import { heldUnits, runBalancer } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

const SESSIONS = 60;
const MOST_WRITES = 8;
const LARGEST = 200_000;
/** Of the sides, this share resets in place of its FIN. */
const RESETS = 0.15;
/** The first bytes of a client tell its session, so that both ends can be brought together. */
const ID_BYTES = 8;

interface Plan {
  readonly writes: readonly Buffer[];
  readonly resets: boolean;
  /** It waits for the other side's FIN before its own. */
  readonly isLast: boolean;
}

function planOf(random: Random, first: Buffer, isLast: boolean): Plan {
  const count = Math.floor(random.next() * MOST_WRITES);
  const writes = Array.from({ length: count }, () => {
    const bytes = Buffer.allocUnsafe(1 + Math.floor(random.next() ** 3 * LARGEST));
    const seed = Math.floor(random.next() * 2 ** 32);
    for (let at = 0; at < bytes.length; at++) bytes[at] = (seed + at * 2654435761) >>> 24;
    return bytes;
  });
  return { writes: [first, ...writes], resets: random.next() < RESETS, isLast };
}

/** One end, and what it has heard. */
class Side {
  readonly socket: Socket;
  readonly heard: Buffer[] = [];
  hasHeardEnd = false;
  isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => this.heard.push(bytes));
    socket.on('end', () => (this.hasHeardEnd = true));
    socket.on('error', () => {});
    socket.on('close', () => (this.isClosed = true));
  }

  async play(plan: Plan, random: Random): Promise<void> {
    for (const bytes of plan.writes) {
      if (random.next() < 0.2) this.socket.pause();
      if (this.socket.destroyed) return;
      if (!this.socket.write(bytes) && random.next() < 0.5)
        await Promise.race([once(this.socket, 'drain'), once(this.socket, 'close')]).catch(() => {});
      for (let turns = Math.floor(random.next() * 4); turns > 0; turns--) await turn();
      this.socket.resume();
    }
    if (plan.resets) {
      this.socket.resetAndDestroy();
      return;
    }
    if (plan.isLast) await until(() => this.hasHeardEnd || this.isClosed, 'the other side ends');
    this.socket.end();
  }
}

function digest(parts: readonly Buffer[]): string {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return `${parts.reduce((sum, { length }) => sum + length, 0)} ${hash.digest('hex')}`;
}

for (const threads of [1, 4]) {
  test(`sessions that end in every way lose nothing that was not reset, with ${threads} threads`, async (t) => {
    const seed = Number(process.env['SEED'] ?? (Math.random() * 0x7fffffff) | 0);
    t.diagnostic(`seed ${seed}`);
    const accepted = new Map<number, Side>();
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      const side = new Side(socket);
      const find = (): void => {
        const [first] = side.heard;
        if (first === undefined || first.length < ID_BYTES) return;
        socket.off('data', find);
        accepted.set(first.readDoubleLE(0), side);
      };
      socket.on('data', find);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port: endpoint } = server.address() as AddressInfo;
    const { balancer, port, faults } = await runBalancer(
      `threads: ${threads}\nlisteners: { db: { address: "127.0.0.1:0", tcp: db } }\npools: { db: ["127.0.0.1:${endpoint}"] }`,
    );
    t.after(() => balancer.close({ force: true }));
    const play = async (id: number): Promise<void> => {
      const first = Buffer.alloc(ID_BYTES);
      first.writeDoubleLE(id);
      const own = createSeededRandom(seed + id);
      const order = own.next();
      const plans = [planOf(own, first, order < 0.3), planOf(own, Buffer.from('hello'), order > 0.7)] as const;
      const client = new Side(net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
      client.socket.write(first);
      await until(() => accepted.has(id), `session ${id} reaches the endpoint`);
      const server = accepted.get(id) as Side;
      const rest = { ...plans[0], writes: plans[0].writes.slice(1) };
      await Promise.all([client.play(rest, own), server.play(plans[1], own)]);
      await until(() => client.isClosed && server.isClosed, `session ${id} ends`);
      const isClean = plans.every(({ resets }) => !resets);
      for (const [side, plan] of [
        [server, plans[0]],
        [client, plans[1]],
      ] as const) {
        const sent = Buffer.concat(plan.writes);
        const heard = Buffer.concat(side.heard);
        if (isClean) {
          assert.equal(digest(side.heard), digest(plan.writes), `session ${id}`);
          assert.ok(side.hasHeardEnd, `session ${id} ends by FIN`);
        } else assert.ok(heard.equals(sent.subarray(0, heard.length)), `session ${id}: what came is a beginning`);
      }
    };
    await Promise.all(Array.from({ length: SESSIONS }, (_, id) => play(id)));
    await until(() => heldUnits(balancer) === 0, 'nothing is counted any more');
    const [{ sessions, failed }] = balancer.stats().tcp;
    assert.deepEqual([sessions, failed, faults], [SESSIONS, 0, []]);
    await until(() => balancer.stats().workers.connections === 0, 'no client is connected');
  });
}
