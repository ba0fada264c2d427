/** The https check against a server whose certificate signs itself: trusted, not trusted, of another name, not looked at. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { probeHttps } from '../../src/checks/https-probe.ts';
import type { ProbeResult } from '../../src/checks/probe.ts';
import type { HttpsCheckSpec } from '../../src/core/snapshot.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { configOf, runBalancer } from '../support/running-balancer.ts';
import { createSelfSigned } from '../support/self-signed.ts';
import { until } from '../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-ca-'));
after(() => rmSync(folder, { recursive: true }));

const OURS = createSelfSigned('web.test', '127.0.0.1');
const CA = join(folder, 'ca.pem');
writeFileSync(CA, OURS.cert);
const OTHER_CA = join(folder, 'other.pem');
writeFileSync(OTHER_CA, createSelfSigned('web.test').cert);

interface TlsServer {
  readonly port: number;
  readonly names: string[];
}

async function startTlsServer(t: TestContext): Promise<TlsServer> {
  const names: string[] = [];
  const server = https.createServer(OURS, (request, response) => {
    const { servername } = request.socket as unknown as { readonly servername: string | false };
    names.push(`${servername || '-'} ${request.headers.host ?? '-'}`);
    response.end('well');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, names };
}

/** The check as a config writes it. */
function checkOf(written: string): HttpsCheckSpec {
  const [check] = configOf(`pools: { web: { endpoints: [a:1], check: { https: ${written} } } }`).pools[0].checks;
  assert.ok(check.kind === 'https');
  return check;
}

function probe(port: number, written: string, authority = `web.test:${port}`): Promise<ProbeResult> {
  const target = { check: checkOf(written), address: '127.0.0.1', port, authority };
  return probeHttps(target, new AbortController().signal);
}

describe('an https check', () => {
  it('an https check passes where its ca has signed the certificate, and names the endpoint in hello and Host', async (t) => {
    const { port, names } = await startTlsServer(t);
    const result = await probe(port, `{ ca: ${CA}, body: well }`);
    assert.deepEqual([result.outcome, result.reason], ['pass', 'status 200']);
    assert.deepEqual(names, [`web.test web.test:${port}`]);
  });

  it('an https check fails on a certificate that nobody it trusts has signed', async (t) => {
    const { port, names } = await startTlsServer(t);
    for (const written of ['{}', `{ ca: ${OTHER_CA} }`]) {
      const result = await probe(port, written);
      assert.equal(result.outcome, 'fail', written);
      assert.match(result.reason, /self-signed certificate|signature failure/i);
    }
    assert.deepEqual(names, []);
  });

  it('an https check fails where the certificate is for another name, of the endpoint or of `host`', async (t) => {
    const { port } = await startTlsServer(t);
    for (const [host, authority] of [
      ['other.test', `web.test:${port}`],
      ['""', `other.test:${port}`],
    ]) {
      const result = await probe(port, host === '""' ? `{ ca: ${CA} }` : `{ ca: ${CA}, host: ${host} }`, authority);
      assert.equal(result.outcome, 'fail');
      assert.match(result.reason, /other\.test/);
    }
  });

  it('an https check takes the name of `host` for the certificate and for Host', async (t) => {
    const { port, names } = await startTlsServer(t);
    const result = await probe(port, `{ ca: ${CA}, host: web.test }`, 'localhost');
    assert.equal(result.outcome, 'pass', result.reason);
    assert.deepEqual(names, ['web.test web.test']);
  });

  it('an https check looks for the address in the certificate where the endpoint is one', async (t) => {
    const { port, names } = await startTlsServer(t);
    const result = await probe(port, `{ ca: ${CA} }`, `127.0.0.1:${port}`);
    assert.equal(result.outcome, 'pass', result.reason);
    assert.deepEqual(names, [`- 127.0.0.1:${port}`]);
  });

  it('an https check with `verify: off` trusts whoever answers', async (t) => {
    const { port } = await startTlsServer(t);
    const result = await probe(port, '{ verify: off }', `other.test:${port}`);
    assert.deepEqual([result.outcome, result.reason], ['pass', 'status 200']);
  });

  it('an https check takes a certificate of the system where it has no ca', async (t) => {
    const { port } = await startTlsServer(t);
    const program = `
      const { probeHttps } = await import('${new URL('../../src/checks/https-probe.ts', import.meta.url).href}');
      const target = { check: ${JSON.stringify(checkOf('{}'))}, address: '127.0.0.1', port: ${port}, authority: 'web.test:${port}' };
      console.log((await probeHttps(target, new AbortController().signal)).reason);`;
    const env = { ...process.env, SSL_CERT_FILE: CA, NODE_TEST_CONTEXT: undefined };
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { env });
    assert.equal(stdout.trim(), 'status 200');
  });

  it('an https check takes the certificates of a ca that was written anew', async (t) => {
    const { port } = await startTlsServer(t);
    const file = join(folder, 'turning.pem');
    writeFileSync(file, createSelfSigned('web.test').cert);
    const target = { check: checkOf(`{ ca: ${file} }`), address: '127.0.0.1', port, authority: `web.test:${port}` };
    assert.equal((await probeHttps(target, new AbortController().signal)).outcome, 'fail');
    await until(async () => {
      writeFileSync(file, OURS.cert);
      return (await probeHttps(target, new AbortController().signal)).outcome === 'pass';
    }, 'the new certificates');
  });
});

describe('a config with an https check', () => {
  it('a config with an https check brings endpoints up whose certificate it trusts, and no others', async (t) => {
    const { port } = await startTlsServer(t);
    const check = (ca: string): string => `{ https: { ca: ${ca} }, start: unhealthy }`;
    const { balancer } = await runBalancer(
      `{ threads: 0, listeners: { web: { address: '127.0.0.1:0' } }, routes: [{ pool: a, match: { path: /a } }, { pool: b }], pools: {
        a: { endpoints: ['127.0.0.1:${port}'], check: ${check(CA)} }, b: { endpoints: ['127.0.0.1:${port}'], check: ${check(OTHER_CA)} } } }`,
    );
    t.after(() => balancer.close());
    const health = (pool: number): string => {
      const { state, checks } = balancer.stats().pools[pool].endpoints[0].health;
      return `${state} ${checks[0].answers.length}`;
    };
    await until(
      () => health(0) === 'healthy 1' && health(1) === 'unhealthy 1',
      () => `${health(0)}, ${health(1)}`,
    );
  });

  it('a config with an https check is refused, at start and at a reload, where its ca is not there or holds no certificate', async (t) => {
    const config = (ca: string): string =>
      `{ threads: 0, listeners: { web: { address: '127.0.0.1:0' } }, pools: { web: { endpoints: ['127.0.0.1:1'], check: { https: { ca: ${ca} } } } } }`;
    const empty = join(folder, 'empty.pem');
    writeFileSync(empty, 'nothing');
    const expected = {
      code: 'FL_CHECK_FILE',
      message: /pool web: the ca of a check, .*empty\.pem, holds no certificate in PEM/,
    };
    await assert.rejects(runBalancer(config(empty)), expected);
    const { balancer } = await runBalancer(config(CA));
    t.after(() => balancer.close());
    await assert.rejects(balancer.reload(configOf(config(join(folder, 'none.pem')))), /none\.pem, is not there/);
    assert.equal(balancer.snapshot?.version, 1);
  });

  it('a config with an https check says on the command line that `verify: off` looks at nothing, and where a ca is that cannot be used', async (t) => {
    const { port } = await startTlsServer(t);
    const file = join(folder, 'fairlead.yaml');
    const write = (https: string): void =>
      writeFileSync(
        file,
        `listeners: { web: { address: '127.0.0.1:0' } }\npools: { web: { endpoints: ['127.0.0.1:${port}'], check: { https: ${https} } } }\nthreads: 1\n`,
      );
    write('{ verify: off }');
    await using checking = new FairleadProcess(['check', '-c', file]);
    await checking.ended;
    assert.match(checking.stderr, /pool web: its https check trusts whoever answers \(verify: off\)/);
    await using running = new FairleadProcess(['run', '-c', file]);
    await running.port();
    await until(
      () => running.stderr.includes('trusts whoever answers'),
      () => running.stderr,
    );
    write(`{ ca: ${folder}/none.pem }`);
    for (const command of ['check', 'run']) {
      await using refused = new FairleadProcess([command, '-c', file]);
      assert.deepEqual(await refused.ended, { code: 2, signal: null });
      assert.match(
        refused.stderr,
        /fairlead\.yaml:2:\d+: pools\.web\.check\.https\.ca: there is no \S+none\.pem\. Check/,
      );
    }
  });
});
