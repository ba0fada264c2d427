/** Real servers of DNS behind listeners of UDP and TCP, and a real resolver in front of them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { findCommand } from '../../bench/commands.ts';
import { reservePort } from '../../bench/ports.ts';
import { ReloadingBalancer } from '../support/reloading.ts';
import { heldUnits } from '../support/running-balancer.ts';
import { until } from '../support/until.ts';

const DNSMASQ = findCommand('dnsmasq');
/** Too much for a datagram of DNS: the answer is cut, and asked for again over TCP. */
const LONG_TEXT = Array.from({ length: 12 }, (_, index) => `${index}`.padEnd(200, 'x'));

interface DnsServer {
  readonly address: string;
  end(): Promise<void>;
}

/** It names itself in `who.test`. */
async function startDns(t: TestContext, name: string): Promise<DnsServer> {
  const reserved = await reservePort();
  const { port } = reserved;
  await reserved.release();
  const texts = LONG_TEXT.map((text) => `--txt-record=long.test,${text}`);
  const child = spawn(
    DNSMASQ ?? '',
    [
      ...['--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--no-ping', '--user='],
      ...[
        '--log-facility=-',
        '--listen-address=127.0.0.1',
        '--bind-interfaces',
        `--port=${port}`,
        '--edns-packet-max=512',
      ],
      ...[`--txt-record=who.test,${name}`, '--address=/site.test/192.0.2.1', ...texts],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await until(isOver, 'dnsmasq ends');
  };
  t.after(end);
  const address = `127.0.0.1:${port}`;
  await until(async () => {
    assert.ok(!isOver(), said);
    return (await ask(address, 'site.test')) === '192.0.2.1';
  }, 'dnsmasq answers');
  return { address, end };
}

function resolverAt(address: string, tries = 1, timeout = 1000): Resolver {
  const resolver = new Resolver({ timeout, tries });
  resolver.setServers([address]);
  return resolver;
}

/** An address, or what went wrong. */
async function ask(server: string, name: string): Promise<string> {
  try {
    return (await resolverAt(server).resolve4(name)).join();
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

describe('servers of DNS behind listeners of UDP and TCP', { skip: DNSMASQ === null ? 'needs dnsmasq' : false }, () => {
  test('names are resolved, long answers over TCP, and none fails while one server of two is killed', async (t) => {
    const servers = [await startDns(t, 'a'), await startDns(t, 'b')];
    const endpoints = servers.map(({ address }) => `"${address}"`).join(', ');
    const reserved = await reservePort();
    const { port } = reserved;
    await reserved.release();
    const balancer = await ReloadingBalancer.start(
      t,
      [
        'threads: 2',
        'listeners:',
        `  dns: { address: "127.0.0.1:${port}", udp: { pool: dns, idle: 1s } }`,
        `  dns-tcp: { address: "127.0.0.1:${port}", tcp: dns }`,
        `pools: { dns: { policy: round-robin, endpoints: [${endpoints}] } }`,
      ].join('\n'),
    );
    const { balancer: running } = balancer.running;
    const server = `127.0.0.1:${port}`;
    const names = new Set<string>();
    for (let turn = 0; turn < 8; turn++) names.add((await resolverAt(server).resolveTxt('who.test')).flat().join());
    assert.deepEqual([...names].toSorted(), ['a', 'b']);

    const sessions = running.stats().tcp[0].sessions;
    const long = await resolverAt(server).resolveTxt('long.test');
    assert.equal(long.length, LONG_TEXT.length);
    assert.ok(running.stats().tcp[0].sessions > sessions, 'it was asked for over TCP');

    const answers: Record<string, number> = {};
    let isStopped = false;
    const lanes = Array.from({ length: 16 }, async () => {
      while (!isStopped) {
        const answer = await ask(server, 'site.test');
        answers[answer] = (answers[answer] ?? 0) + 1;
      }
    });
    const done = (): number => Object.values(answers).reduce((sum, count) => sum + count, 0);
    await until(() => done() > 500, 'traffic');
    await servers[0].end();
    const before = done();
    await until(() => done() > before + 1000, 'more traffic');
    isStopped = true;
    await Promise.all(lanes);
    t.diagnostic(JSON.stringify(answers));
    // What the server had taken when it was killed is lost with it, as it would be without a balancer.
    const { ETIMEOUT: lost = 0, '192.0.2.1': resolved, ...others } = answers;
    assert.deepEqual(others, {});
    assert.ok(resolved > 1500 && lost <= 16, JSON.stringify(answers));
    assert.ok(running.stats().udp[0].moves > 0, 'what was refused went on');
    await until(() => heldUnits(running) === 0, 'all sessions are over');
    await balancer.endClean();
  });
});
