/** The command from start to end, in processes of their own; npm test runs this on Node 24 as well. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startBackend } from '../../src/backend/backend.ts';
import { until } from '../support/until.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-end-to-end-'));
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function writeConfig(text: string, name = 'fairlead.yaml'): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

interface Echo {
  server: string;
  url: string;
  headers: Record<string, string>;
}

for (const threads of [1, 4]) {
  test(`run balances by config with ${threads} threads, and drains on SIGTERM`, async () => {
    await using s1 = await startBackend({ name: 's1' });
    await using s2 = await startBackend({ name: 's2' });
    await using s3 = await startBackend({ name: 's3' });
    const file = await writeConfig(
      `threads: ${threads}
listeners: { web: 127.0.0.1:0 }
routes:
  - { match: { path: /api/* }, pool: api, stripPrefix: /api }
  - pool: web
pools:
  api: [127.0.0.1:${s1.port}]
  web: { policy: round-robin, endpoints: [127.0.0.1:${s2.port}, 127.0.0.1:${s3.port}] }
`,
    );
    await using fairlead = new FairleadProcess(['run', '-c', file]);
    const url = `http://127.0.0.1:${await fairlead.port()}`;
    const api = (await (await fetch(`${url}/api/x?y`)).json()) as Echo;
    assert.deepEqual([api.server, api.url, api.headers['x-forwarded-for']], ['s1', '/x?y', '127.0.0.1']);
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(url).then((each) => each.json())));
    const servers = (answers as Echo[]).map(({ server }) => server).sort();
    assert.deepEqual(servers, [...Array<string>(10).fill('s2'), ...Array<string>(10).fill('s3')]);

    s1.setMode('hang');
    const late = fetch(`${url}/api/late`);
    await until(() => s1.stats.inFlight === 1, 'a request is in flight');
    fairlead.kill('SIGTERM');
    await until(() => fairlead.stderr.includes('draining'), 'it drains');
    await until(async () => isRefused(url), 'it listens no more');
    s1.setMode('ok');
    assert.equal((await late).status, 200);
    assert.deepEqual(await fairlead.ended, { code: 0, signal: null });
  });
}

async function isRefused(url: string): Promise<boolean> {
  return fetch(url, { headers: { connection: 'close' } }).then(
    () => false,
    () => true,
  );
}

describe('fairlead run', () => {
  test('fairlead run balances over servers named on the command line', async () => {
    await using backend = await startBackend({ name: 's1' });
    await using fairlead = new FairleadProcess(['run', '--to', `127.0.0.1:${backend.port}`, '--listen', '127.0.0.1:0']);
    const response = await fetch(`http://127.0.0.1:${await fairlead.port()}/`);
    assert.equal(((await response.json()) as Echo).server, 's1');
    fairlead.kill('SIGINT');
    assert.deepEqual(await fairlead.ended, { code: 0, signal: null });
  });

  test('fairlead run ends at once on a second signal, and says so by its exit code', async () => {
    await using backend = await startBackend();
    backend.setMode('hang');
    await using fairlead = new FairleadProcess(['run', '--to', `127.0.0.1:${backend.port}`, '--listen', '127.0.0.1:0']);
    const cut = fetch(`http://127.0.0.1:${await fairlead.port()}/`);
    await until(() => backend.stats.inFlight === 1, 'a request is in flight');
    fairlead.kill('SIGTERM');
    await until(() => fairlead.stderr.includes('draining'), 'it drains');
    fairlead.kill('SIGINT');
    await assert.rejects(cut);
    assert.deepEqual(await fairlead.ended, { code: 143, signal: null });
  });

  test('fairlead run exits with 69 where it cannot listen', async () => {
    await using backend = await startBackend();
    const taken = `127.0.0.1:${backend.port}`;
    await using fairlead = new FairleadProcess(['run', '--to', '127.0.0.1:1', '--listen', taken]);
    assert.deepEqual(await fairlead.ended, { code: 69, signal: null });
    assert.match(fairlead.stderr, new RegExp(`cannot listen on ${taken}`));
  });

  test('fairlead run exits with 2 and prints every mistake of a config', async () => {
    const file = await writeConfig('pools: { web: { polcy: random, endpoints: [] } }\nthreds: 2\n', 'wrong.yaml');
    for (const command of ['run', 'check']) {
      await using fairlead = new FairleadProcess([command, '-c', file]);
      assert.deepEqual(await fairlead.ended, { code: 2, signal: null });
      for (const place of ['wrong.yaml:1:', 'wrong.yaml:2:1: threds'])
        assert.ok(fairlead.stderr.includes(place), place);
    }
  });
});

test('check prints engine, listeners, routes in their order, and pools', async () => {
  const file = await writeConfig(`listeners: { web: 127.0.0.1:8080 }
routes:
  - { name: rest, pool: web }
  - { name: api, match: { host: api.example.com, path: /v1/* }, pool: api, stripPrefix: /v1 }
pools:
  api: [localhost:8081]
  web: { check: { http: { path: /up } }, endpoints: [localhost:8083, { address: localhost:8084, weight: 2 }] }
`);
  await using fairlead = new FairleadProcess(['check', '-c', file]);
  assert.deepEqual(await fairlead.ended, { code: 0, signal: null });
  const wanted = [
    /^engine +(?:handle|onread) +on Node \d+/m,
    /^threads +\d+ +auto: /m,
    /^connections +\d+ +auto: three quarters of what is left of the limit of \d+ descriptors$/m,
    /^tcp_migrate_req +\S/m,
    /^ {2}web +http:\/\/127\.0\.0\.1:8080$/m,
    /^ {2}api +host api\.example\.com, path \/v1\/\* +→ api, without \/v1\n {2}rest +everything +→ web$/m,
    /^ {2}api +power-of-two +no check +localhost:8081$/m,
    /^ {2}web +power-of-two +GET \/up every 5s +localhost:8083, localhost:8084 \(weight 2\)$/m,
  ];
  for (const pattern of wanted) assert.match(fairlead.stdout, pattern);
});

test('check prints the forms of a path, and the route that takes it because it guards', async () => {
  const file = await writeConfig(`routes:
  - { name: admin, match: { host: a.example, path: /admin/* }, pool: admin, guards: on }
  - { name: rest, pool: web }
pools: { web: localhost:8081, admin: localhost:8082 }
`);
  await using told = new FairleadProcess(['check', '-c', file, '--path', 'http://A.example:8080/admin%2fx?q']);
  await using asJson = new FairleadProcess(['check', '-c', file, '--path', 'http://a.example//admin', '--json']);
  for (const fairlead of [told, asJson]) assert.deepEqual(await fairlead.ended, { code: 0, signal: null });
  assert.match(told.stdout, /^ {2}taken by {5}admin, which guards {2}→ route admin, pool admin$/m);
  const { path } = JSON.parse(asJson.stdout) as { path: object };
  const forms = { normalForm: '//admin', guardForms: ['/admin', '/'] };
  assert.deepEqual(path, { path: 'http://a.example//admin', ...forms, byNormalForm: 'rest', route: 'admin' });
});

test('check refuses a path that begins with no slash', async () => {
  const file = await writeConfig('pools: { web: localhost:8081 }\n');
  await using fairlead = new FairleadProcess(['check', '-c', file, '--path', 'foo']);
  assert.deepEqual(await fairlead.ended, { code: 2, signal: null });
  assert.match(fairlead.stderr, /--path.*Write a path that begins with a slash/);
});

test('backend prints the port it was given, answers, and ends on a signal', async () => {
  await using fairlead = new FairleadProcess(['backend', '--port', '0', '--text', 'moin'], {
    env: { FAIRLEAD_BACKEND_NAME: 's7' },
  });
  const url = await fairlead.said(/^s7 listens on (http:\S+)$/m);
  assert.equal(await (await fetch(url)).text(), 'moin');
  fairlead.kill('SIGTERM');
  assert.deepEqual(await fairlead.ended, { code: 0, signal: null });
});
