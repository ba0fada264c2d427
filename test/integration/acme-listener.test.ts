/** Listeners that get their certificates by themselves, without an authority: with one, see test/long/acme.test.ts. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { AcmeStorage } from '../../src/certificates/acme/acme-storage.ts';
import { findExamples, readPages } from '../docs/pages.ts';
import { tempFolder } from '../support/access-log.ts';
import { DIRECTORY, certificateAt, runAcme } from '../support/acme-balancer.ts';
import { FairleadProcess } from '../support/fairlead-process.ts';
import { startHttpServer } from '../support/http-server.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import { configOf, runBalancer } from '../support/running-balancer.ts';
import { openTls } from '../support/tls-balancer.ts';
import { until } from '../support/until.ts';

describe('a listener that gets its certificates by itself', () => {
  it('a listener that gets its certificates by itself answers at once with a self-signed one, and says so', async (t) => {
    const { secure, events } = await runAcme(t);
    const certificate = await certificateAt(secure, 'b.example');
    assert.equal(certificate.subjectAltName, 'DNS:a.example, DNS:b.example');
    assert.ok(certificate.verify(certificate.publicKey));
    assert.deepEqual(
      events.map(({ listener, change, message }) => [listener, change, message.split('.')[0]]),
      [
        ['secure', 'warning', 'a'],
        ['secure', 'warning', 'No authority is asked for certificates here'],
      ],
    );
    assert.match(
      events[0].message,
      /^a\.example, b\.example: no certificate has come yet, a self-signed one is served\./,
    );
  });

  it('a listener that gets its certificates by itself serves what is kept, and takes up what comes to be kept', async (t) => {
    const { balancer, secure, folder, events, config } = await runAcme(t, 2);
    const storage = new AcmeStorage(folder, DIRECTORY);
    const { cert, key } = issueCertificate({ names: ['b.example', 'a.example'], commonName: 'kept' });
    await storage.writeCertificate(['a.example', 'b.example'], cert + key);
    await balancer.reload(configOf(config('[a.example, b.example]')));
    assert.equal((await certificateAt(secure, 'a.example')).subject, 'CN=kept');
    assert.match(events.at(-2)?.message ?? '', /^a new certificate for b\.example is served, until /);
    // Names that it covers keep it while there is none for the longer list.
    await balancer.reload(configOf(config('[a.example, c.example]')));
    const secureNow = balancer.addresses()[1].port;
    assert.equal((await certificateAt(secureNow, 'a.example')).subject, 'CN=kept');
    assert.equal((await certificateAt(secureNow, 'c.example')).subject, 'CN=Fairlead');
  });

  it('a name that a file is for and acme names as well is refused, with the cure', async (t) => {
    const running = await runAcme(t);
    const { cert, key } = issueCertificate({ names: ['b.example'] });
    const file = join(running.folder, 'b.pem');
    writeFileSync(file, cert + key, { mode: 0o600 });
    const text = running
      .config('[a.example, b.example]')
      .replace('secure:', 'other:')
      .replace('tls: {', `tls: { certificates: ${file},`);
    await assert.rejects(running.balancer.reload(configOf(text)), {
      code: 'FL_CERTIFICATE',
      message: `listener other: ${file}: it is for b.example, which acme names as well. Take the name out of acme, or the file out of certificates.`,
    });
  });

  it('the config that the documentation shows serves a site at once', async (t) => {
    const page = readPages().filter(({ path }) => path === 'docs/certificates.md');
    const [example] = page.flatMap(findExamples).filter(({ language }) => language === 'yaml');
    assert.ok(example.text.trim().split('\n').length <= 10);
    const server = await startHttpServer(t, (_request, response) => response.end('site'));
    const text = example.text
      .replace('/var/lib/fairlead', tempFolder(t))
      .replaceAll(/':(80|443)'/g, '127.0.0.1:0')
      .replace('terms: agreed', 'terms: agreed, challenge: tls-alpn-01')
      .replace(/\[localhost:8081.*\]/, `["127.0.0.1:${server}"]`);
    const { balancer } = await runBalancer(text, { getsCertificates: false });
    t.after(() => balancer.close({ force: true }));
    const [, { port }] = balancer.addresses();
    const socket = await openTls(port, { servername: 'www.example.com' });
    socket.write('GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n');
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    assert.match(bytes.toString(), /^HTTP\/1\.1 200 /);
    socket.destroy();
  });
});

describe('the command, with certificates that come by themselves', () => {
  async function writeConfig(t: TestContext): Promise<{ readonly folder: string; readonly storage: AcmeStorage }> {
    const folder = tempFolder(t);
    const text = `
stateDir: state
acme: { terms: agreed, challenge: tls-alpn-01, directory: "${DIRECTORY}" }
listeners:
  secure: { address: "127.0.0.1:0", tls: { acme: [a.example] } }
pools: { web: ["127.0.0.1:9"] }`;
    writeFileSync(join(folder, 'fairlead.yaml'), text);
    return { folder, storage: new AcmeStorage(join(folder, 'state'), DIRECTORY) };
  }

  it('check shows what is kept, and says of what is not that nobody was asked for it', async (t) => {
    const { folder, storage } = await writeConfig(t);
    await using first = new FairleadProcess(['check'], { cwd: folder });
    assert.equal((await first.ended).code, 0);
    assert.match(
      first.stderr,
      /listener secure: there is no certificate yet for a\.example\. fairlead run asks https:\/\/127\.0\.0\.1:9/,
    );
    const { cert, key } = issueCertificate({ names: ['a.example'] });
    await storage.writeCertificate(['a.example'], cert + key);
    await using second = new FairleadProcess(['check'], { cwd: folder });
    assert.equal((await second.ended).code, 0);
    assert.match(
      second.stdout,
      /secure +a\.example, any other name +ECDSA P-256 +8\d days left +by CN=a\.example +\/.*\/state\/acme\/.*\.pem/,
    );
    assert.doesNotMatch(second.stderr, /no certificate yet/);
  });

  it('dev asks nobody for certificates, and run does', async (t) => {
    const { folder } = await writeConfig(t);
    await using dev = new FairleadProcess(['dev', '--no-watch'], { cwd: folder });
    await dev.port('secure');
    await until(
      () => dev.stderr.includes('No authority is asked for certificates here'),
      () => dev.stderr,
    );
    await using run = new FairleadProcess(['run', '--threads', '1'], { cwd: folder });
    await run.port('secure');
    await until(
      () => /listener secure: certificate-not-issued: .*127\.0\.0\.1:9 cannot be asked: ECONNREFUSED/.test(run.stderr),
      () => run.stderr,
    );
    assert.ok(readFileSync(join(folder, 'state', 'lock'), 'utf8').startsWith(`${run.pid} `));
  });

  it('of two processes with one folder only the first asks for certificates, and it gives the lock back when it drains', async (t) => {
    const { folder } = await writeConfig(t);
    const lock = join(folder, 'state', 'lock');
    await using first = new FairleadProcess(['run', '--threads', '1'], { cwd: folder });
    await until(
      () => first.stderr.includes('certificate-not-issued'),
      () => first.stderr,
    );
    await using second = new FairleadProcess(['run', '--threads', '1'], { cwd: folder });
    await until(
      () => second.stderr.includes(`process ${first.pid} gets the certificates in ${join(folder, 'state')}`),
      () => second.stderr,
    );
    assert.doesNotMatch(second.stderr, /not-issued/);
    assert.ok(readFileSync(lock, 'utf8').startsWith(`${first.pid} `));
    first.kill('SIGTERM');
    assert.equal((await first.ended).code, 0);
    assert.equal(existsSync(lock), false);
  });

  it('without the package that makes certificates, check and run end with the command that installs it', async (t) => {
    const { folder } = await writeConfig(t);
    const hook = `import { registerHooks } from 'node:module';
      registerHooks({ resolve(name, context, next) {
        if (name !== '@peculiar/x509') return next(name, context);
        throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
      } });`;
    const env = { NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(hook)}"` };
    for (const command of ['check', 'run']) {
      await using running = new FairleadProcess([command], { cwd: folder, env });
      assert.equal((await running.ended).code, 2, running.stderr);
      assert.match(running.stderr, /^\S+:\d+:\d+: .*: acme needs the package @peculiar\/x509, which is not installed/);
      assert.doesNotMatch(running.stderr, /\.pem/);
      assert.match(running.stderr, /Run: npm install @peculiar\/x509 reflect-metadata/);
    }
  });
});
