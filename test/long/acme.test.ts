/** Certificates from a real authority: pebble, as strict as it can be, which refuses half of all nonces. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import tls from 'node:tls';
import type { Cancel, Scheduler } from '../../src/checks/scheduler.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { BalancerEvents, BalancerOptions } from '../../src/runtime/balancer.ts';
import { findExamples, readPage } from '../docs/pages.ts';
import { tempFolder } from '../support/access-log.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { startHttpServer } from '../support/http-server.ts';
import { startPebble, whyNoPebble } from '../support/pebble.ts';
import type { Pebble } from '../support/pebble.ts';
import { runBalancer } from '../support/running-balancer.ts';
import type { RunningBalancer } from '../support/running-balancer.ts';
import { openTls } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

const MINUTE_MS = 60_000;
const YEAR_MS = 365.25 * 24 * 60 * MINUTE_MS;
/** An order takes some seconds: what pebble looks at, it looks at several times. */
const LIMIT_MS = 90_000;

/** The system's time, until a test moves the calendar on; what is due by then happens. */
class MovedTime implements Clock, Scheduler {
  #aheadMs = 0;
  readonly #timers = new Set<{ readonly at: number; readonly fire: () => void }>();

  now(): number {
    return performance.now();
  }

  wallTime(): number {
    return Date.now() + this.#aheadMs;
  }

  after(ms: number, run: () => void): Cancel {
    const handle = setTimeout(() => timer.fire(), Math.min(ms, 2 ** 31 - 1)).unref();
    const cancel = (): void => {
      clearTimeout(handle);
      this.#timers.delete(timer);
    };
    const timer = {
      at: this.wallTime() + ms,
      fire: () => {
        cancel();
        run();
      },
    };
    this.#timers.add(timer);
    return cancel;
  }

  advance(ms: number): void {
    this.#aheadMs += ms;
    for (const { at, fire } of [...this.#timers]) if (at <= this.wallTime()) fire();
  }
}

interface Site extends RunningBalancer {
  readonly stateDir: string;
  readonly events: BalancerEvents['certificate'][0][];
  /** The listener that ends TLS. */
  readonly secure: number;
}

interface SiteOptions extends BalancerOptions {
  readonly threads?: number;
  readonly challenge?: string;
  readonly names?: string;
  readonly stateDir?: string;
  /** Where plain HTTP is; default: where pebble comes for it. */
  readonly plain?: number;
}

async function startSite(t: TestContext, pebble: Pebble, options: SiteOptions = {}): Promise<Site> {
  const { threads = 1, challenge = 'http-01', names = '[www.example.com, api.example.com]', ...rest } = options;
  const { stateDir = tempFolder(t), plain = pebble.httpPort, ...balancerOptions } = rest;
  const server = await startHttpServer(t, (_request, response) => response.end('site'));
  const events: Site['events'] = [];
  const text = `
threads: ${threads}
stateDir: ${stateDir}
acme: { email: ops@example.com, terms: agreed, challenge: ${challenge}, directory: "${pebble.directory}", ca: ${pebble.ca} }
listeners:
  web: "127.0.0.1:${plain}"
  secure: { address: "127.0.0.1:${pebble.tlsPort}", tls: { acme: ${names} } }
pools: { web: ["127.0.0.1:${server}"] }`;
  const running = await runBalancer(text, balancerOptions, (balancer) => {
    balancer.on('certificate', (event) => events.push(event));
  });
  t.after(() => running.balancer.close({ force: true }));
  return { ...running, stateDir, events, secure: pebble.tlsPort };
}

function changes({ events }: Site): readonly string[] {
  return events.map(({ change }) => change);
}

async function issued(site: Site, pebble: Pebble, count = 1): Promise<void> {
  await until(
    () => changes(site).filter((change) => change === 'renewed').length >= count,
    () => `a certificate comes: ${JSON.stringify(site.events)}\n${pebble.log().slice(-4000)}`,
    LIMIT_MS,
  );
}

/** Whether a client that trusts the authority gets through. */
async function verify(port: number, servername: string, pebble: Pebble): Promise<string> {
  const socket = await openTls(port, { servername, ca: await pebble.root(), rejectUnauthorized: true });
  const fingerprint = socket.getPeerX509Certificate()?.fingerprint256 ?? '';
  socket.destroy();
  return fingerprint;
}

function filesOf({ stateDir }: Site): readonly string[] {
  const [folder] = readdirSync(join(stateDir, 'acme'));
  return readdirSync(join(stateDir, 'acme', folder)).map((name) => join(stateDir, 'acme', folder, name));
}

const skip = whyNoPebble();
/** A run that proves nothing says so: the reason stands at the end of `npm run test:long`. */
function withPebble(title: string, run: (t: TestContext, pebble: Pebble) => Promise<void>): void {
  it(title, async (t) => {
    if (skip !== null) t.skip(skip);
    else await run(t, await startPebble(t));
  });
}

describe('certificates from pebble', () => {
  for (const threads of [1, 4]) {
    for (const challenge of ['http-01', 'tls-alpn-01']) {
      withPebble(
        `certificates from pebble come by ${challenge} with ${threads} threads, and clients trust them`,
        async (t, pebble) => {
          const site = await startSite(t, pebble, { threads, challenge });
          assert.deepEqual(changes(site), ['warning']);
          await assert.rejects(
            verify(site.secure, 'www.example.com', pebble),
            /self-signed|SELF_SIGNED|unable to verify/,
          );
          await issued(site, pebble);
          for (let i = 0; i < 2 * threads; i++) {
            assert.notEqual(await verify(site.secure, 'www.example.com', pebble), '');
            assert.notEqual(await verify(site.secure, 'api.example.com', pebble), '');
          }
          assert.deepEqual(
            filesOf(site).map((file) => (statSync(file).mode & 0o777).toString(8)),
            ['600', '600'],
          );
          assert.match(pebble.log(), /Configured to reject 50% of good nonces/);
          // Nothing is left of the challenge.
          await assert.rejects(openTls(site.secure, { servername: 'www.example.com', ALPNProtocols: ['acme-tls/1'] }), {
            code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
          });
          assert.deepEqual(site.faults, []);
        },
      );
    }
  }

  withPebble('certificates from pebble come by tls-alpn-01 over TLS 1.2', async (t, pebble) => {
    const newest = tls.DEFAULT_MAX_VERSION;
    t.after(() => void (tls.DEFAULT_MAX_VERSION = newest));
    // What a profile does not say itself; threads of their own would have the default.
    tls.DEFAULT_MAX_VERSION = 'TLSv1.2';
    const site = await startSite(t, pebble, { threads: 0, challenge: 'tls-alpn-01' });
    await issued(site, pebble);
    const socket = await openTls(site.secure, { servername: 'www.example.com' });
    assert.equal(socket.getProtocol(), 'TLSv1.2');
    socket.destroy();
  });

  withPebble('certificates from pebble are there after a restart, and nobody is asked for them', async (t, pebble) => {
    const first = await startSite(t, pebble);
    await issued(first, pebble);
    const before = await verify(first.secure, 'www.example.com', pebble);
    const root = await pebble.root();
    await first.balancer.close({ force: true });
    assert.equal(existsSync(join(first.stateDir, 'lock')), false);
    await pebble.stop();
    const second = await startSite(t, pebble, { stateDir: first.stateDir });
    const socket = await openTls(second.secure, { servername: 'www.example.com', ca: root, rejectUnauthorized: true });
    assert.equal(socket.getPeerX509Certificate()?.fingerprint256, before);
    socket.destroy();
    assert.deepEqual(second.events, []);
  });

  withPebble(
    'certificates from pebble are renewed when two thirds of their life are over, with the account that there is',
    async (t, pebble) => {
      const time = new MovedTime();
      // Pebble gives five years: the first is due after three, the second after 3.7.
      const chance = { value: 0, next: () => chance.value };
      const site = await startSite(t, pebble, { threads: 0, clock: time, scheduler: time, random: chance });
      await issued(site, pebble);
      const before = await verify(site.secure, 'www.example.com', pebble);
      const [account] = filesOf(site).filter((file) => file.endsWith('account.json'));
      const kept = readFileSync(account, 'utf8');
      const open = await openTls(site.secure, { servername: 'www.example.com' });
      time.advance(2.9 * YEAR_MS);
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.equal(await verify(site.secure, 'www.example.com', pebble), before);
      chance.value = 1;
      time.advance(0.3 * YEAR_MS);
      await issued(site, pebble, 2);
      assert.notEqual(await verify(site.secure, 'www.example.com', pebble), before);
      assert.equal(open.getPeerX509Certificate()?.fingerprint256, before);
      open.destroy();
      assert.equal(readFileSync(account, 'utf8'), kept);
      assert.deepEqual(changes(site), ['warning', 'renewed', 'renewed']);
    },
  );

  withPebble('certificates from pebble come once it is there, and the site answers meanwhile', async (t, pebble) => {
    await pebble.stop();
    const time = new MovedTime();
    const site = await startSite(t, pebble, { threads: 0, clock: time, scheduler: time });
    await until(() => changes(site).includes('not-issued'), 'it is said that the authority is away', LIMIT_MS);
    assert.match(
      site.events.at(-1)?.message ?? '',
      /localhost:\d+ cannot be asked: ECONNREFUSED\. It is tried again in 1 min/,
    );
    (await openTls(site.secure, { servername: 'www.example.com' })).destroy();
    await pebble.start();
    time.advance(MINUTE_MS);
    await issued(site, pebble);
    await verify(site.secure, 'www.example.com', pebble);
  });

  withPebble('certificates from pebble come though it has forgotten the account', async (t, pebble) => {
    const first = await startSite(t, pebble, { names: 'www.example.com' });
    await issued(first, pebble);
    await first.balancer.close({ force: true });
    await pebble.stop();
    await pebble.start();
    const second = await startSite(t, pebble, { names: 'api.example.com', stateDir: first.stateDir });
    await issued(second, pebble);
    await verify(second.secure, 'api.example.com', pebble);
  });

  withPebble(
    'certificates from pebble do not come where another server answers its challenge, and it is said why',
    async (t, pebble) => {
      const other = await startOther(t, pebble.httpPort);
      assert.equal(other, pebble.httpPort);
      const site = await startSite(t, pebble, { plain: 0 });
      await until(
        () => changes(site).includes('not-issued'),
        () => pebble.log().slice(-2000),
        LIMIT_MS,
      );
      const [{ message }] = site.events.filter(({ change }) => change === 'not-issued');
      assert.match(
        message,
        /^no certificate for www\.example\.com, api\.example\.com could be got: (?:www|api)\.example\.com: .*\(unauthorized\)/,
      );
      assert.equal(existsSync(join(site.stateDir, 'lock')), true);
      (await openTls(site.secure, { servername: 'www.example.com' })).destroy();
    },
  );

  withPebble(
    'certificates from pebble come for the config that the documentation shows, run by the command',
    async (t, pebble) => {
      const [example] = findExamples(readPage('docs/certificates.md')).filter(({ language }) => language === 'yaml');
      const folder = tempFolder(t);
      const server = await startHttpServer(t, (_request, response) => response.end('site'));
      const text = example.text
        .replace('/var/lib/fairlead', 'state')
        .replace("':80'", `127.0.0.1:${pebble.httpPort}`)
        .replace("':443'", `127.0.0.1:${pebble.tlsPort}`)
        .replace('terms: agreed', `terms: agreed, directory: "${pebble.directory}", ca: ${pebble.ca}`)
        .replace(/\[localhost:8081.*\]/, `["127.0.0.1:${server}"]`);
      writeFileSync(join(folder, 'fairlead.yaml'), text);
      await using running = new FairleadProcess(['run'], { cwd: folder });
      assert.equal(await running.port('secure'), pebble.tlsPort);
      await until(
        () => /listener secure: .*: a new certificate for \S+ is served, until \d{4}-/.test(running.stderr),
        () => running.stderr + pebble.log().slice(-2000),
        LIMIT_MS,
      );
      await verify(pebble.tlsPort, 'www.example.com', pebble);
      await using check = new FairleadProcess(['check'], { cwd: folder });
      assert.equal((await check.ended).code, 0);
      assert.match(
        check.stdout,
        /secure +(?:www|api)\.example\.com, (?:www|api)\.example\.com, any other name +ECDSA P-256 +\d+ days left/,
      );
    },
  );
});

/** Somebody else, where the authority comes. */
async function startOther(t: TestContext, port: number): Promise<number> {
  const http = await import('node:http');
  const server = http.createServer((_request, response) => response.end('somebody else'));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return port;
}
