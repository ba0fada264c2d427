/** A config of redirects alone, which has no pool: what it answers, what a reload makes of it, and what commands say. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { createTestBalancer } from '../../src/testing/test-balancer.ts';
import { runAcme } from '../support/acme-balancer.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { ReloadingBalancer, get, startEndpoints } from '../support/reloading.ts';
import { isOpen } from '../support/unix-server.ts';
import { until } from '../support/until.ts';
import { defaultSocketPath } from '../../src/admin/socket-path.ts';

const HEAD = 'listeners: { web: "127.0.0.1:0" }\n';
const ONLY_REDIRECTS = `${HEAD}routes: [{ match: { path: /a/* }, redirect: "http://new.example{target}" }]\n`;

async function placeOf(port: number, path: string): Promise<readonly [number | undefined, string | undefined]> {
  const asked = http.get({ host: '127.0.0.1', port, path, agent: false });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  return [response.statusCode, response.headers.location];
}

for (const threads of [1, 4]) {
  describe(`a config without pools, with ${threads} threads`, () => {
    it(`a config without pools redirects, has no route for the rest, and no pool in its figures (${threads} threads)`, async (t) => {
      const balancer = await ReloadingBalancer.start(t, `threads: ${threads}\n${ONLY_REDIRECTS}`);
      assert.deepEqual(await placeOf(balancer.port(), '/a/b?c'), [308, 'http://new.example/a/b?c']);
      assert.deepEqual(await placeOf(balancer.port(), '/b'), [404, undefined]);
      assert.deepEqual(balancer.running.balancer.stats().pools, []);
      await balancer.endClean();
    });

    it(`a reload takes the last pool out and puts one in again, and what is in flight there ends well (${threads} threads)`, async (t) => {
      const [endpoint] = await startEndpoints(t, 'a');
      const pooled = `threads: ${threads}\n${HEAD}routes: [{ pool: web }]\npools: { web: ["${endpoint.address}"] }`;
      const balancer = await ReloadingBalancer.start(t, pooled);
      const port = balancer.port();
      const held = get(port, '/held');
      await until(() => endpoint.held.length === 1, 'the request has reached its endpoint');
      const out = await balancer.reload(`threads: ${threads}\n${ONLY_REDIRECTS}`);
      assert.ok(
        out.changes.some(({ kind }) => kind === 'pool-removed'),
        out.summary,
      );
      assert.deepEqual(await placeOf(port, '/a/'), [308, 'http://new.example/a/']);
      endpoint.held[0].end('late');
      assert.equal(await held, '200 late');
      await balancer.reload(pooled);
      assert.equal(await get(port, '/'), '200 a');
      await balancer.endClean();
    });
  });
}

it('an authority that looks whether a name leads here is answered where no pool is', async (t) => {
  const { balancer, plain, config } = await runAcme(t);
  const withoutPools = config('[a.example, b.example]').replace(/^pools: .*$/m, 'routes: [{ redirect: https }]');
  const reloading = new ReloadingBalancer({ balancer, port: plain, changes: [], faults: [] });
  await reloading.reload(withoutPools);
  const path = '/.well-known/acme-challenge/DGyRjmCefe7v4NfDGDKfA';
  const tokens = new Map([['DGyRjmCefe7v4NfDGDKfA', 'thumbprint']]);
  await balancer.workers?.challenge({ tokens, certificates: new Map() });
  assert.equal(await get(plain, path), '200 thumbprint');
  assert.equal((await placeOf(plain, '/'))[0], 308);
});

it('a balancer in a test of a user redirects without pools', async () => {
  await using balancer = await createTestBalancer({ routes: [{ redirect: 'http://new.example{target}' }] });
  const answer = await balancer.request({ target: '/x' });
  assert.equal(answer.status, 308);
});

async function say(t: TestContext, folder: string, ...args: readonly string[]): Promise<string> {
  await using command = new FairleadProcess(args, { env: { RUNTIME_DIRECTORY: folder } });
  const { code } = await command.ended;
  assert.equal(code, 0, command.stderr);
  t.diagnostic(command.stdout);
  return command.stdout;
}

it('check, run, status and pools take a config without pools', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-redirects-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'fairlead.yaml');
  writeFileSync(file, `threads: 1\n${ONLY_REDIRECTS}`);
  const checked = await say(t, folder, 'check', file);
  assert.match(checked, /\n {2}1 {2}path \/a\/\* {2}→ 308 to http:\/\/new\.example\{target\}$/m);
  assert.doesNotMatch(checked, /pools|accessLog/);
  await using running = new FairleadProcess(['run', file], { env: { RUNTIME_DIRECTORY: folder } });
  await running.port();
  await until(() => isOpen(defaultSocketPath(file, { RUNTIME_DIRECTORY: folder })), 'the admin socket');
  const status = await say(t, folder, 'status', '-c', file);
  assert.match(status, /no problems/);
  assert.doesNotMatch(status, /pool/);
  assert.match(await say(t, folder, 'pools', '-c', file), /^no pools/);
});
