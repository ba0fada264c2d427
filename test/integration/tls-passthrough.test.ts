/** TLS that is not opened at the front: by the name that a client asks for its bytes go to a pool as they come. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import net from 'node:net';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { readProxyHeader } from '../../src/net/proxy-protocol/parse.ts';
import { readLines, tempFolder } from '../support/access-log.ts';
import { helloOf, serverName } from '../support/client-hello.ts';
import { issueCertificate } from '../support/issued-certificates.ts';
import { helloOfNode } from '../support/node-hello.ts';
import { startPieceWire } from '../support/piece-wire.ts';
import { configOf, heldUnits } from '../support/running-balancer.ts';
import { threeWays } from '../support/segmented-socket.ts';
import { askTls, handshakesOf, openTls, runTls, writePair } from '../support/tls-balancer.ts';
import type { TlsBalancer, TlsBalancerOptions } from '../support/tls-balancer.ts';
import { startTlsEcho } from '../support/tls-echo.ts';
import type { TlsEcho } from '../support/tls-echo.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

const FRONT = issueCertificate({ names: ['new.example', '*.example', '127.0.0.1'], commonName: 'front' });
const AUTHORITY = issueCertificate({ commonName: 'Test CA', isAuthority: true });
const OLD = issueCertificate({ names: ['old.example', '*.legacy.example'], commonName: 'old', issuer: AUTHORITY });

interface Passing extends TlsBalancer {
  readonly echo: TlsEcho;
}

/** `keys`: of `tls`, with `passthrough` filled in where they have `%`. */
async function runPassing(t: TestContext, options: TlsBalancerOptions & { keys?: string } = {}): Promise<Passing> {
  const echo = await startTlsEcho(t, 'old', OLD);
  const { keys = 'certificates: FRONT, passthrough: %', edit = (text: string) => text, ...more } = options;
  const passthrough = '{ "Old.example": old, "*.legacy.example": old }';
  const written = (folder: string): string =>
    keys.replace('FRONT', () => writePair(folder, 'front.pem', FRONT)).replace('%', passthrough);
  const balancer = await runTls(t, written, {
    ...more,
    edit: (text) => edit(text.replace('pools: { web:', `pools: { old: ["127.0.0.1:${echo.port}"], web:`)),
  });
  return { ...balancer, echo };
}

/** A session whose TLS the endpoint has ended; it has said its name. */
async function openPassed(port: number, options: ConnectionOptions = {}): Promise<TLSSocket & { heard: () => string }> {
  const socket = await openTls(port, { servername: 'old.example', ...options });
  let text = '';
  socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
  const heard = (): string => text;
  await until(() => text === 'old\n', 'it says its name');
  return Object.assign(socket, { heard });
}

async function echoed(socket: TLSSocket & { heard: () => string }, text: string): Promise<void> {
  const expected = socket.heard() + text;
  socket.write(text);
  await until(
    () => socket.heard() === expected,
    () => `the echo: ${socket.heard()}`,
  );
}

describe('names whose TLS passes through', () => {
  for (const threads of [0, 4]) {
    it(`names whose TLS passes through get the certificate of their endpoint, all others that of the listener, with ${threads} threads`, async (t) => {
      const file = join(tempFolder(t), 'access.log');
      const format = '$protocol $sni [$tlsVersion] $pool $reason';
      const balancer = await runPassing(t, {
        threads,
        more: `accessLog: { format: "${format}", to: { file: ${file} } }`,
      });
      for (const servername of ['old.example', 'OLD.example', 'my_app.legacy.example']) {
        const socket = await openPassed(balancer.port, { servername });
        assert.match(socket.getPeerX509Certificate()?.subject ?? '', /CN=old/);
        await echoed(socket, `hello ${servername}`);
        socket.end();
        await once(socket, 'close');
      }
      // A wildcard stands for one label.
      for (const servername of ['new.example', 'legacy.example', 'a.b.legacy.example', undefined])
        assert.equal((await askTls(balancer.port, servername === undefined ? {} : { servername })).subject, 'front');
      await until(() => heldUnits(balancer.balancer) === 0, 'all are over');
      const [{ listener, sessions, failed, cut }] = balancer.balancer.stats().tcp;
      assert.deepEqual([listener, sessions, failed, cut], ['web', 3, 0, 0]);
      await until(() => handshakesOf(balancer).done === 4, 'only those of the listener are its handshakes');
      assert.deepEqual(handshakesOf(balancer).failures, {});
      await until(() => readLines(file).filter((line) => line.startsWith('TCP')).length === 3, 'a line for each');
      const names = readLines(file).filter((line) => line.startsWith('TCP'));
      assert.deepEqual(names.toSorted(), [
        'TCP my_app.legacy.example [-] old client-end',
        'TCP old.example [-] old client-end',
        'TCP old.example [-] old client-end',
      ]);
    });
  }

  it('a listener that only passes on needs no certificates, and refuses all other names', async (t) => {
    const balancer = await runPassing(t, { keys: 'passthrough: %' });
    (await openPassed(balancer.port)).destroy();
    for (const options of [{ servername: 'new.example' }, { servername: 'legacy.example' }, {}])
      await assert.rejects(askTls(balancer.port, options), { code: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' });
    await until(() => handshakesOf(balancer).failures['unknown-name'] === 3, 'all are counted');
    assert.equal(balancer.handshakeEvents[0].serverName, 'new.example');
  });

  it('a name that passes is no way round unknownName: refuse', async (t) => {
    const balancer = await runPassing(t, { keys: 'certificates: FRONT, unknownName: refuse, passthrough: %' });
    (await openPassed(balancer.port, { servername: 'b.legacy.example' })).destroy();
    assert.equal((await askTls(balancer.port, { servername: 'any.example' })).subject, 'front');
    await assert.rejects(askTls(balancer.port, { servername: 'b.legacy.test' }));
  });

  it('a hello that comes in pieces passes whole, and what comes with it as well', async (t) => {
    const balancer = await runPassing(t);
    const wire = await startPieceWire(t, balancer.port, () => 1);
    const socket = await openPassed(wire);
    await echoed(socket, 'hello');
    socket.destroy();
    assert.equal(balancer.balancer.stats().memory.keptBytes, 0);
  });

  it('an endpoint gets every byte from the first one on', async (t) => {
    const hello = helloOf({ extensions: [serverName('old.example')] });
    const received: Buffer[] = [];
    const server = net.createServer((socket) =>
      socket.on('data', (bytes: Buffer) => received.push(bytes)).on('error', () => {}),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as net.AddressInfo;
    const balancer = await runPassing(t, {
      edit: (text) =>
        text.replace(
          /old: \["[^"]*"\]/,
          `old: { endpoints: ["127.0.0.1:${port}"], proxyProtocol: { version: 2, add: [authority] } }`,
        ),
    });
    const socket = net.connect(balancer.port, '127.0.0.1');
    socket.end(Buffer.concat([hello, Buffer.from('early data')]));
    await once(socket.resume(), 'close');
    const bytes = Buffer.concat(received);
    const reading = readProxyHeader(bytes, 0, bytes.length);
    assert.ok(reading.verdict === 'done');
    assert.equal(reading.header.fields.authority, 'old.example');
    assert.deepEqual(bytes.subarray(reading.length), Buffer.concat([hello, Buffer.from('early data')]));
  });

  it('a client whose pool has nobody is reset, and the session counts as failed', async (t) => {
    const balancer = await runPassing(t, {
      edit: (text) => text.replace(/old: \["[^"]*"\]/, 'old: { endpoints: ["127.0.0.1:1"], queue: off }'),
    });
    const hello = await helloOfNode('old.example');
    const socket = net.connect(balancer.port, '127.0.0.1', () => socket.write(hello));
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNRESET');
    await until(() => balancer.balancer.stats().tcp[0].failed === 1, 'it is counted');
    await until(() => balancer.balancer.stats().workers.connections === 0, 'nothing is left');
  });

  it('a reload adds and removes names for new connections, and sessions that are open stay', async (t) => {
    const balancer = await runPassing(t, { more: 'routes: [{ pool: web }]' });
    const before = await openPassed(balancer.port);
    const file = join(balancer.folder, 'front.pem');
    await balancer.balancer.reload(
      configOf(balancer.config(`certificates: ${file}, passthrough: { new.example: old }`)),
    );
    assert.equal((await askTls(balancer.port, { servername: 'old.example' })).subject, 'front');
    (await openPassed(balancer.port, { servername: 'new.example' })).destroy();
    await echoed(before, 'still here');
    const { summary } = await balancer.balancer.reload(configOf(balancer.config(`certificates: ${file}`)));
    assert.match(summary, /1 listener changed/);
    assert.equal((await askTls(balancer.port, { servername: 'new.example' })).subject, 'front');
    await echoed(before, 'and still');
    // From none to certificates is a reload as well.
    const alone = balancer.config('passthrough: { new.example: old }').replace('routes: [{ pool: web }]', '');
    await balancer.balancer.reload(configOf(alone));
    await assert.rejects(askTls(balancer.port, { servername: 'old.example' }));
    before.end();
    await once(before, 'close');
    await until(() => heldUnits(balancer.balancer) === 0, 'all are over');
  });

  it('a session that passes through ends with the drain time, as others of layer 4', async (t) => {
    const balancer = await runPassing(t, { more: 'timeouts: { drain: 300ms }' });
    const socket = await openPassed(balancer.port);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const draining = balancer.balancer.close();
    await echoed(socket, 'meanwhile');
    await Promise.all([closed, draining]);
    assert.equal(heldUnits(balancer.balancer), 0);
  });
});

threeWays('a client that asks for a name that passes may end its side, and gets the whole answer', async (sockets) => {
  const hello = helloOf({ extensions: [serverName('old.example')] });
  const endpoint = await sockets.listen(async (peer) => {
    assert.equal(await peer.readAll(), hello.toString('latin1'));
    await peer.send('the answer');
    peer.end();
  });
  const balancer = await runPassing(sockets.t, {
    edit: (text) => text.replace(/old: \["[^"]*"\]/, `old: ["127.0.0.1:${endpoint.port}"]`),
  });
  const client = await sockets.connect(balancer.port);
  await client.send(hello);
  client.end();
  assert.equal(await client.readAll(), 'the answer');
});

describe('programs of others through names that pass', () => {
  const has = (t: TestContext, program: string, argument: string): boolean => {
    const isThere = spawnSync(program, [argument]).error === undefined;
    if (!isThere) t.skip(`needs ${program}`);
    return isThere;
  };

  it('openssl verifies the certificate of the endpoint, resumes its session, and speaks TLS 1.2 and 1.3 with it', async (t) => {
    if (!has(t, 'openssl', 'version')) return;
    const balancer = await runPassing(t);
    const ca = join(balancer.folder, 'ca.pem');
    writeFileSync(ca, AUTHORITY.cert);
    const client = async (...options: readonly string[]): Promise<string> => {
      const target = ['-connect', `127.0.0.1:${balancer.port}`, '-servername', 'old.example', '-CAfile', ca];
      const child = run('openssl', ['s_client', ...target, '-verify_hostname', 'old.example', ...options]);
      child.child.stdin?.write('hello\n');
      child.child.stdout?.on('data', (piece: string) => {
        if (piece.includes('hello')) child.child.stdin?.end();
      });
      const { stdout, stderr } = await child.catch((error: unknown) => error as { stdout: string; stderr: string });
      return stdout + stderr;
    };
    for (const version of ['-tls1_2', '-tls1_3']) {
      const session = join(balancer.folder, `session${version}`);
      const first = await client(version, '-sess_out', session);
      assert.match(first, /Verify return code: 0 \(ok\)/);
      assert.match(first, /^old\n/m);
      assert.match(await client(version, '-sess_in', session), /Reused, TLS/);
    }
    assert.equal(handshakesOf(balancer).done, 0);
  });

  it('curl reaches a web server whose TLS passes, by its own certificate', async (t) => {
    if (!has(t, 'curl', '--version')) return;
    const server = https.createServer({ cert: OLD.cert, key: OLD.key }, (_request, response) =>
      response.end('from old'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as net.AddressInfo;
    const balancer = await runPassing(t, {
      edit: (text) => text.replace(/old: \["[^"]*"\]/, `old: ["127.0.0.1:${port}"]`),
    });
    const ca = join(balancer.folder, 'ca.pem');
    writeFileSync(ca, AUTHORITY.cert);
    const resolve = ['--resolve', `a.legacy.example:${balancer.port}:127.0.0.1`];
    const url = `https://a.legacy.example:${balancer.port}/`;
    const { stdout } = await run('curl', ['-sS', '--cacert', ca, ...resolve, url]);
    assert.equal(stdout, 'from old');
  });
});
